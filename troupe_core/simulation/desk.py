"""A desk: where plugins ask models for somebody who wants to know something. Nobody's state changes by it.

It is no transaction. Only its answers are kept, from the moment they arrive: a journal finds them again by what was
asked, whom it is about and what for, and the work around them is cheaper to do again than to look up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

import attrs

from troupe_core.errors import Busy
from troupe_core.keys import NOTHING
from troupe_core.llm.request import Call
from troupe_core.simulation.scene import Asking, Scene, When
from troupe_core.simulation.things import scene_of

if TYPE_CHECKING:
    from troupe_core.llm.response import Substitute
    from troupe_core.simulation.rng import Stream
    from troupe_core.simulation.simulation import Simulation


@attrs.frozen
class Subject:
    """Whom or what the work at a desk is about: a person, a world, something else that has an id, or nobody."""

    id: str = ""
    is_world: bool = False
    model: str | None = None
    """Always None: a person's own model is for being that person, not for judging it."""
    turns: int = 0
    """Tells pieces of work about the same subject apart: each has its own random numbers and answers."""


NOBODY = Subject()


class _AtDesk(Scene):
    """A scene in which nothing happens but questions."""

    __slots__ = ()

    def call(self, purpose: str) -> Call:
        ordinal = self.calls
        self.calls += 2
        id = self.state.id or None
        world, person = (id, None) if self.state.is_world else (None, id)
        return Call(self.simulation.id, purpose, world, person, self.state.turns, ordinal=ordinal)


class Desk(Asking):
    """`await desk.ask(prompt, system=…, output=…)`. What is asked twice at one desk is meant to be asked twice."""

    __slots__ = ()

    @property
    def purpose(self) -> str:
        """What the answers are for; it chooses the model, and is what their cost is booked on."""
        return self._purpose

    @property
    def subject(self) -> str:
        """The id of the person or world that it is about; empty if it is about none."""
        id: str = self._scene.thing
        return id

    @property
    def mark(self) -> str:
        """That of the answers which have come so far: "rehearsal" if one of them is a puppet's."""
        return self._scene.mark

    @property
    def substitute(self) -> Substitute | None:
        """That one of them came of another model than the first of several, and why."""
        return self._scene.substitute

    @property
    def rng(self) -> Stream:
        """Random numbers; the same in every run with the same seed."""
        return self._scene.stream(self._purpose)


_sitting: ContextVar[Simulation | None] = ContextVar("troupe_desk", default=None)


@asynccontextmanager
async def desk(
    simulation: Simulation, purpose: str, task: bytes, subject: Subject = NOBODY, *, persistent: bool = True
) -> AsyncIterator[Desk]:
    """A desk for one task, which its digest (`task`) tells from others. It takes one of the `max_in_flight` places of
    the simulation, unless it is inside another desk. Recorded answers that could not be used are passed over, and the
    question is asked anew; if it is not `persistent`, it fails because of them again.
    """
    turn = scene_of(simulation)
    if turn is not None:
        raise Busy(f"{turn.thing!r} is having a turn, and {purpose} is no part of one; do it before or after")
    account = f"{subject.id}\0{purpose}\0{task.hex()}"
    place = nullcontext() if _sitting.get() is simulation else simulation.slots
    with simulation.inquiring():
        async with place:
            scene = _AtDesk(simulation, subject, NOTHING, When(), None if persistent else 0)
            scene.owner = account
            token = _sitting.set(simulation)
            try:
                yield Desk(scene, purpose)
            finally:
                _sitting.reset(token)
        simulation.answers.settle(account)
