"""What the command `troupe` costs before it does anything: a new process for each figure, as in `imports`."""

import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.imports import REPEATS, spent
from benchmarks.rows import Row, middle

COMMANDS = {
    "version": [str(Path(sys.executable).with_name("troupe")), "--version"],
    "click": [sys.executable, "-c", "import click"],
}
SILENTLY = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def command_line() -> Iterator[Row]:
    for command in COMMANDS.values():
        spent(command, file_actions=SILENTLY)
    took: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(REPEATS):
        for name, command in COMMANDS.items():
            took[name].append(spent(command, file_actions=SILENTLY))
    yield Row(
        "`troupe --version`",
        "≤ 120 ms CPU",
        f"{middle(took['version'], '.0f')} ms",
        f"{statistics.median(took['click']):.0f} ms (`import click`)",
        statistics.median(took["version"]) <= 120,
    )
