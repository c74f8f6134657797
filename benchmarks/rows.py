"""What a benchmark hands in, how it is printed, and how it is measured in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent


class Row(NamedTuple):
    """One line of the table. `floor` is what the same machine needs, in the same run, for the part that nobody can
    save; `met` is None where there is no goal.
    """

    work: str
    goal: str
    measured: str
    floor: str
    met: bool | None = None


HEAD = ("Work", "Goal", "Measured", "Floor", "")


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown, aligned, so that it can be read as it is and pasted as it is."""
    verdicts = {True: "met", False: "MISSED", None: ""}
    cells = [HEAD, *((row.work, row.goal, row.measured, row.floor, verdicts[row.met]) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEAD))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"
             for line in cells]  # fmt: skip
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def middle(values: Sequence[float], form: str = ".3f", unit: str = "") -> str:
    """The median, and the range that it comes from."""
    if len(values) == 1:
        return f"{values[0]:{form}}{unit}"
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}}{unit} ({low:{form}}–{high:{form}})"


def fresh(function: str, **arguments: Any) -> Any:
    """What a function returns in a new process, so that no benchmark inherits the heap of another.

    `function` is "module:name" within this package; arguments and result are plain JSON.
    """
    command = [sys.executable, "-m", "benchmarks.rows", function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """Ours, without what would change how Python itself behaves."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TROUPE_"))}


def resident() -> int:
    """Bytes of this process that are in memory now."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import psutil  # type: ignore[import-untyped]

    return int(psutil.Process().memory_info().rss)


def _main(function: str, arguments: str) -> None:
    from importlib import import_module

    module, _, name = function.partition(":")
    print(json.dumps(getattr(import_module(f"benchmarks.{module}"), name)(**json.loads(arguments))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
