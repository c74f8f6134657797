"""Kinds of worlds: what people are together for, who hears whom in it, and who is near whom."""

from __future__ import annotations

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.people.ties import Occasion

EVERYBODY, NEAR, NOBODY = "everybody", "near", "nobody"


@attrs.frozen
class WorldKind:
    """What makes a focus group a focus group. Whatever is not said is as in a world without a kind."""

    name: str
    purpose: str
    """What it is for, in words for whoever chooses."""
    situation: str
    """What those who are there are told, once; it ends when they leave."""
    asking: str = ""
    """The same for somebody who asks the others. Nobody does where it is empty."""
    hearing: str = EVERYBODY
    """Who hears what is said to nobody in particular: "everybody", those "near", or "nobody"."""
    apart: bool = False
    """Whether nobody reaches anybody, but for whoever asks, who reaches and is reached by all."""
    together: bool = False
    """Whether everybody is near all whom they can reach, from the beginning."""
    schedule: str = "parallel"

    def occasion(self, *, asks: bool = False) -> Occasion | None:
        """What those who are there are told of it, or whoever asks them is; nothing in a world without a kind."""
        if not self.name:
            return None
        return Occasion(self.name.replace("_", " "), self.asking if asks else self.situation, self.apart and not asks)

    def schedule_with(self, interviewer: str) -> str:
        """Where nobody hears anybody, one after the other comes to the same as all at once, and takes longer."""
        return self.schedule if interviewer or not self.apart else "parallel"


PLAIN = WorldKind("", "whatever has none of the other kinds", "")
"""A world without a kind."""

KINDS = {
    kind.name: kind
    for kind in (
        WorldKind(
            "focus_group",
            "what people think of something, and what becomes of it when they hear each other",
            "You are in a focus group, among people who were invited to say what they honestly think of something and "
            "to talk it over with each other.",
            together=True,
        ),
        WorldKind(
            "survey",
            "what each of many thinks by themselves, whatever the others say",
            "You are filling in a survey, for yourself and on your own.",
            hearing=NOBODY,
            apart=True,
        ),
        WorldKind(
            "interview",
            "what people say to somebody who asks, alone with them",
            "You are being interviewed. What you say, only whoever interviews you hears.",
            asking="You are interviewing the people who are near you. You hear all of them, and each hears only you.",
            apart=True,
            together=True,
            schedule="sequential",
        ),
        WorldKind(
            "chat",
            "how a conversation goes in which one speaks after the other",
            "You are chatting with the people who are near you, one after the other.",
            together=True,
            schedule="sequential",
        ),
    )
}


def kind_named(name: str) -> WorldKind:
    """The kind of that name; "" is that of a world without one."""
    if name == "":
        return PLAIN
    found = KINDS.get(name) if isinstance(name, str) else None
    if found is None:
        raise ArgumentError(f"kind must be one of {', '.join(KINDS)}, or left out; got {name!r}")
    return found
