"""A reader of transcripts that is as simple as can be, and people for it to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from troupe_core import Extractor, Simulation
from troupe_testing import talk, think, turn


class Reader(Extractor):
    """Asks for the fields that are wanted."""

    async def extract(self, task: Any, desk: Any) -> list[Any]:
        system = f"{task.objective}|{task.situation}|{[field.hint for field in task.fields.fields]}"
        answer = await desk.ask(f"{task.of}\n{task.transcript}", system=system, output=task.fields.output)
        return [task.fields.finding(answer)]


def speaks(request: Any, call: Any) -> Any:
    """Everybody says one thing to all in each turn."""
    return turn(think("Hm."), talk(f"{call.person} says {call.turn}."))


@pytest.fixture
def reading(make_simulation: Callable[..., Simulation]) -> Callable[..., Simulation]:
    """A simulation whose extractor is the reader; the script answers it, and everybody else speaks."""

    def make(read: Any, speak: Any = speaks, **options: Any) -> Simulation:
        def script(request: Any, call: Any) -> Any:
            return (read if call.purpose == "extraction" else speak)(request, call)

        return make_simulation(script, plugins=[Reader, *options.pop("plugins", ())], **options)

    return make


@pytest.fixture
def reader_plugin() -> type[Extractor]:
    """The reader itself, for a runtime that is made otherwise."""
    return Reader
