"""What it costs to show what happens: CPU for each line, of thousands of events as people make them, in colours, with a
bar below; and that nobody pays who does not watch.

The floor of a line is what it takes to write its bytes, one line at a time.
"""

import io
import os
import statistics
from collections.abc import Iterator
from random import Random
from time import process_time
from typing import Any

from benchmarks.rows import Row, fresh, middle
from troupe_core import Fact, Runtime, StepEnded

SAID = "I would buy it, were it not for the plastic – “cold soup” in a bottle, 3.50 € a litre, who has thought that up"
PEOPLE, STEPS = 100, 30
CHECKS = 200_000


class Terminal(io.TextIOWrapper):
    """Nowhere, that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def events() -> list[StepEnded]:
    """Everybody thinks something and says something, in every step."""
    rng, words, made = Random(7), SAID.split(), []
    for step in range(1, STEPS + 1):
        facts = []
        for number in range(PEOPLE):
            for kind, target in (("THINK", ""), ("TALK", f"Person {rng.randrange(PEOPLE)}")):
                said = " ".join(rng.choices(words, k=rng.randrange(14, 60)))
                name = f"Person {number}"
                facts.append(Fact.of(b"", step, "action", kind, name, name, said, target=target))
        made.append(StepEnded("simulation-1", "Room", step, tuple(facts)))
    return made


def lines(repeats: int) -> dict[str, Any]:
    """Milliseconds of CPU for each line that is shown, and for writing alone."""
    from troupe_presenter.live import Live
    from troupe_presenter.stream import Stream

    os.environ["TERM"] = "xterm"
    happened = events()
    found: dict[str, Any] = {"shown": [], "floor": [], "lines": 0}
    for _ in range(repeats):
        with Terminal(open(os.devnull, "wb"), encoding="utf-8") as file:  # noqa: PTH123 - closed with its wrapper
            shown = Live(Stream(file), expected_turns=PEOPLE * STEPS)
            start = process_time()
            for event in happened:
                shown.see(event)
            took = process_time() - start
            each = [f"{line}\n" for event in happened for fact in event.facts for line in shown.lines.of(fact)]
            start = process_time()
            for line in each:
                file.write(line)
                file.flush()
            found["floor"].append((process_time() - start) / len(each) * 1000)
            found["lines"] = len(each)
            found["shown"].append(took / len(each) * 1000)
    return found


def off(repeats: int) -> list[float]:
    """Microseconds of CPU for each event that is not made, since nobody watches any more."""
    from troupe_presenter import present

    found = []
    with Runtime(autoload=False, config={}) as runtime:
        with present(runtime, "plain", io.StringIO()):
            assert runtime.watched
        for _ in range(repeats):
            start = process_time()
            for _ in range(CHECKS):
                assert not runtime.watched
            found.append((process_time() - start) / CHECKS * 1e6)
    return found


def presenter() -> Iterator[Row]:
    found = fresh("presenter:lines", repeats=5)
    shown = statistics.median(found["shown"])
    yield Row(
        f"presenter: a shown line ({found['lines']:,} of them, in colours)",
        "≤ 0.25 ms CPU",
        middle(found["shown"], unit=" ms"),
        f"{statistics.median(found['floor']):.3f} ms (write and flush)",
        shown <= 0.25,
    )
    unwatched = fresh("presenter:off", repeats=5)
    yield Row(
        "presenter: an event that nobody watches",
        "≤ 1 µs CPU",
        middle(unwatched, ".2f", " µs"),
        "0 µs",
        statistics.median(unwatched) <= 1,
    )
