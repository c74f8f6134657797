"""What everybody can do: talk, think, get in touch, be done. The world sees to the consequences."""

from __future__ import annotations

from typing import Any

from troupe_core.people.faculty import TinyMentalFaculty, action
from troupe_core.people.turn import Turn


class Conversation(TinyMentalFaculty):
    """What everybody can do:"""

    @action(effect=False)
    async def talk(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """say the content aloud, word for word, to the target, or to all who are near if the target is empty."""

    @action(effect=False)
    async def think(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """a thought of yours, in the first person; nobody hears it."""

    @action(effect=False)
    async def reach_out(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """get in touch with the target, somebody you know or know of who is not near you, to be able to talk; the
        content says what for."""

    @action(effect=False)
    async def done(self, turn: Turn[Any], content: str = "", target: str = "") -> None:
        """you have done what you wanted for now; content and target are empty."""
