"""Tools: actions with an effect outside of the simulation, which must not happen twice.

    class Doorbell(TinyTool):
        \"\"\"There is a doorbell.\"\"\"

        @action
        async def ring(self, call: ToolCall, times: int) -> str:
            \"\"\"Ring so many times.\"\"\"
            return "It rings."

A tool is given to persons as a faculty is, and described to them in the same way. What a method returns is what the
person perceives of it, before it goes on. That a call is under way is on record before it begins, and what it came to
as soon as that is known, so that neither a crash nor a re-run repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, ClassVar, Protocol

import attrs

from troupe_core.errors import ArgumentError, TroupeError
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.records import TOOL, ToolSpec


@attrs.frozen
class ToolCall:
    """One use of a tool. `key` is the same whenever this very use is meant, and different for every other one: what it
    is given to can tell by it whether it has done it already.
    """

    tool: str
    action: str
    arguments: Mapping[str, Any]
    key: str
    person: str
    """The id of the person."""
    name: str
    """Its name."""
    simulation: str
    turn: int
    place: str = ""
    now: str | None = None
    """Simulated time."""


class ToolHandler(Protocol):
    """Does what a call asks for: what the person perceives of it."""

    async def __call__(self, call: ToolCall) -> str: ...


class ToolFailure(TroupeError):
    """A tool raises it when it did not do what was asked, and nothing has happened. The person is told why."""


class TinyTool(TinyMentalFaculty):
    """Base of tools. One instance serves every person of a runtime."""

    repeatable: ClassVar[bool] = False
    """Whether doing the same once more has no further effect, as of looking something up."""

    def __init_subclass__(cls, **given: Any) -> None:
        if given.get("state") is not None:
            raise ArgumentError(
                f"{cls.__qualname__}: a tool keeps nothing for a person, since it acts outside of the simulation; what "
                "belongs to a person is in a faculty's state"
            )
        super().__init_subclass__(**given)
        cls.actions = tuple(
            attrs.evolve(each, observe=True) for each in cls.actions
        )  # who uses a tool sees what it did

    @property
    def known_as(self) -> str:
        return TOOL + self.name

    @classmethod
    def as_record(cls, given: Any) -> ToolSpec:  # type: ignore[override]  # a tool is registered as a tool
        return ToolSpec(cls.name, given if isinstance(given, type) else lambda: given)

    @property
    def shaping(self) -> Any:
        """Everything but paths: where its effects go shapes no turn, and differs from one machine to the next."""
        if not attrs.has(type(self.config)):
            return self.config
        settings = attrs.asdict(self.config, recurse=False)
        return {name: value for name, value in settings.items() if not isinstance(value, PurePath)}

    def target(self) -> object:
        """What its effects are on, as far as its settings say: the same order for another target is another effect.
        Plain data. Usually nothing, so that no change of the settings does anything twice.
        """
        return None

    async def became(self, call: ToolCall) -> str | None:
        """Asked after a crash: what this call came to, if it had its effect; None if it had none, so that it can be
        made now. A tool that cannot tell leaves this as it is: nobody makes the call again, and it is reported.
        """
        raise CannotTell


class CannotTell(Exception):
    """Nobody knows whether a call has had its effect."""
