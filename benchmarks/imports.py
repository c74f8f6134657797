"""What it costs to import the core, and to have a first turn: a new process for each figure.

CPU is user and system time of the whole process as the operating system counts it, start of the interpreter included;
commands take turns, so that noise hits all alike. Resident memory is the most that the process ever had, in a run of
its own. Everything is compiled beforehand.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.rows import ROOT, Row, environment, middle

REPEATS = 11
COMMANDS = {
    "nothing": "pass",
    "libraries": "import attrs, pluggy",
    "bare": "import troupe_core",
    "names": "from troupe_core import TinyPerson, TinyWorld, Simulation",
    "turn": """\
from troupe_core import Runtime, Simulation, TinyPerson
from troupe_testing import ScriptedModel, talk, turn
runtime = Runtime([ScriptedModel(lambda request, call: turn(talk("Good morning.")))], model="scripted/x")
with Simulation(runtime=runtime) as simulation:
    person = TinyPerson("Ana", {"age": 58})
    assert person.listen_and_act("Good morning, Ana.")[0].content == "Good morning."
""",
}
HEAVY = {
    *("aiohttp", "anthropic", "httpx", "httpx2", "litellm", "openai", "requests", "tiktoken", "urllib3"),
    *("IPython", "ipykernel", "jinja2", "numpy", "pandas", "pydantic", "pydantic_core", "rich", "typer", "yaml"),
    *("asyncio", "email", "http", "multiprocessing", "ssl"),
}
LOADED = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
MOST = """
import resource, sys
from pathlib import Path
status = Path("/proc/self/status")
if status.exists():  # getrusage would count what the process was forked from
    print(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
else:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(most // 1024 if sys.platform == "darwin" else most)
"""


def cpu(code: str) -> float:
    """Milliseconds."""
    return spent([sys.executable, "-c", code])


def spent(command: list[str], **options: Any) -> float:
    """Milliseconds of a process."""
    pid = os.posix_spawn(command[0], command, environment(), **options)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, command
    return (usage.ru_utime + usage.ru_stime) * 1e3


def printed(code: str) -> list[str]:
    """What a process prints at its end, word by word."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True
                          ).stdout.split()  # fmt: skip


def heavy(code: str) -> list[str]:
    """The modules that have no business there."""
    return sorted(HEAVY & set(printed(f"{code}\n{LOADED}")))


def imports() -> Iterator[Row]:
    for code in COMMANDS.values():
        printed(code)
    took: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(REPEATS):
        for name, code in COMMANDS.items():
            took[name].append(cpu(code))
    median = {name: statistics.median(values) for name, values in took.items()}
    megabytes = {name: int(printed(code + MOST)[0]) / 1000 for name, code in COMMANDS.items()}
    loaded = heavy(COMMANDS["names"])
    what = f"loads {', '.join(loaded)}" if loaded else "nothing heavy loaded"
    yield Row(
        f"`{COMMANDS['names']}`",
        "≤ 100 ms CPU, ≤ 40 MB, no SDK loaded",
        f"{middle(took['names'], '.0f')} ms, {megabytes['names']:.1f} MB, {what}",
        f"{median['nothing']:.0f} ms, {megabytes['nothing']:.1f} MB (`python -c pass`)",
        median["names"] <= 100 and megabytes["names"] <= 40 and not loaded,
    )
    ratio = median["bare"] / median["libraries"]
    yield Row(
        f"`{COMMANDS['bare']}`",
        f"≤ 1.5 × `{COMMANDS['libraries']}`",
        f"{middle(took['bare'], '.0f')} ms = {ratio:.2f} ×, {megabytes['bare']:.1f} MB",
        f"{median['libraries']:.0f} ms, {megabytes['libraries']:.1f} MB (`{COMMANDS['libraries']}`)",
        ratio <= 1.5,
    )
    yield Row(
        "first scripted turn of a cold process",
        "≤ 250 ms CPU",
        f"{middle(took['turn'], '.0f')} ms, {megabytes['turn']:.1f} MB",
        f"{median['nothing']:.0f} ms, {megabytes['nothing']:.1f} MB (`python -c pass`)",
        median["turn"] <= 250,
    )
