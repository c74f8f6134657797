"""What everybody can do: talk, think, get in touch, be done. The world sees to the consequences."""

from __future__ import annotations

from typing import Any

from troupe_core.people.faculty import TinyMentalFaculty, action
from troupe_core.people.turn import Turn


class Conversation(TinyMentalFaculty):
    """What everybody can do:"""

    @action(effect=False)
    async def talk(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """speak; the content is what comes out of your mouth, the target whom it is for. Leave the target empty to
        speak to everybody around."""

    @action(effect=False)
    async def think(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """say something to yourself, unheard."""

    @action(effect=False)
    async def reach_out(self, turn: Turn[Any], content: str, target: str = "") -> None:
        """call, write or walk over to somebody who is elsewhere, so that you two can talk; the content is what you want
        from them."""

    @action(effect=False)
    async def done(self, turn: Turn[Any], content: str = "", target: str = "") -> None:
        """stop here for the moment; needs neither content nor target."""
