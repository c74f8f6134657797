"""What it takes to look at a large study that is over: `troupe show` as a whole process, of a folder that was written
without a model. One thread does it, so that CPU is what it takes where nothing else runs. The floor is a Python that
imports what reads JSON, and reads the transcript; and the same command, of a study in which nothing has happened.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import orjson

from benchmarks.command_line import SILENTLY
from benchmarks.imports import spent
from benchmarks.rows import Row, middle
from troupe_core import Fact, Results, Transcript
from troupe_core import Row as Found
from troupe_study import Findings
from troupe_study.outcome import Place
from troupe_study.outputs import findings, transcript

PEOPLE, ROUNDS, REPEATS = 1_000, 20, 7
THOUGHT = "It costs more than I would like, and I am not sure that anybody at home would eat it."
SAID = "I would try it once, for the {}th time of asking, if somebody else pays for it; but I would not buy it twice."


def show() -> Iterator[Row]:
    """Everybody thinks and says something in each round."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        _write(folder)
        program = str(Path(sys.executable).with_name("troupe"))
        read = f"import orjson; [orjson.loads(l) for l in open({str(folder / 'transcript.jsonl')!r}, 'rb')]"
        commands = {
            "all": [program, "show", place],
            "one": [program, "show", place, "--person", "Person 500"],
            "reading": [sys.executable, "-c", read],
            "nothing": [program, "show", str(folder / "nothing")],
        }
        cpu: dict[str, list[float]] = {name: [] for name in commands}
        wall: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(REPEATS):
            for name, command in commands.items():
                start = perf_counter()
                cpu[name].append(spent(command, file_actions=SILENTLY) / 1e3)
                wall[name].append(perf_counter() - start)
    for name, what in (("all", ""), ("one", ", of one person")):
        yield Row(
            f"`troupe show`, {PEOPLE:,} people × {ROUNDS} rounds{what}",
            "≤ 1 s",
            f"{middle(cpu[name], '.2f')} s CPU; {min(wall[name]):.2f} s of the clock at best",
            f"{statistics.median(cpu['reading']):.2f} s CPU (reading the file), "
            f"{statistics.median(cpu['nothing']):.2f} s CPU (showing nothing)",
            statistics.median(cpu[name]) <= 1,
        )


def _write(folder: Path) -> None:
    (folder / "nothing").mkdir()
    (folder / "nothing" / "transcript.jsonl").touch()
    facts, places = [], {}
    for number in range(1, ROUNDS + 1):
        facts.append(Fact.of(os.urandom(16), 0, "event", "BROADCAST", "Study", "Moderator", "Cold soup. Would you?"))
        for person in range(PEOPLE):
            name, key = f"Person {person}", os.urandom(16)
            for place, (type, content) in enumerate((("THINK", THOUGHT), ("TALK", SAID.format(number)))):
                facts.append(Fact.of(key, place, "action", type, name, name, content, turn=number - 1))
        places.update((fact.id, Place(number, number)) for fact in facts[-2 * PEOPLE - 1 :])
    values = {"rating": 4, "reason": THOUGHT}
    sure, shown = dict.fromkeys(values, 0.8), dict.fromkeys(values, facts[-1:])
    rows = [Found(values, of=f"Person {person}", confidence=sure, evidence=shown) for person in range(PEOPLE)]
    asked = Findings("Would they buy it?", {"rating": "1..5", "reason": "text"})
    (folder / "transcript.jsonl").write_bytes(transcript.as_jsonl(Transcript("Study", tuple(facts)), places))
    (folder / "findings.json").write_bytes(findings.as_json("Soup", asked, Results(rows), {}))
    (folder / "study.json").write_bytes(orjson.dumps({"study": {"title": "Soup"}, "asked": ["rehearsal/default"]}))
    (folder / "runs.jsonl").write_bytes(b'{"calls": 40000, "tokens_in": 80000000, "tokens_out": 1600000}\n')
