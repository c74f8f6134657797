"""What everything that a world offers stands on: its state, and how it is now."""

from __future__ import annotations

from datetime import datetime

from troupe_core.simulation.things import Closed, Handle
from troupe_core.worlds.state import WorldState


class Base(Handle):
    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._id}>"

    def __str__(self) -> str:
        if isinstance(self._simulation, Closed):
            return repr(self)
        from troupe_core.worlds.showing import world_in_words

        return world_in_words(self)

    def _repr_html_(self) -> str | None:
        if isinstance(self._simulation, Closed):
            return None
        from troupe_core.worlds.showing import of_world

        return of_world(self)

    @property
    def state(self) -> WorldState:
        """The world as a value, as it is now."""
        found: WorldState = self.simulation.state(self._id)
        return found

    @property
    def name(self) -> str:
        return self._id

    @property
    def kind(self) -> str:
        """What people are together for, such as "survey"; empty in a world without a kind."""
        return self.state.kind

    @property
    def current_datetime(self) -> datetime | None:
        return self.state.now
