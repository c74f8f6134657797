"""Whom a person can speak to: single acquaintances, and everybody of a place as one shared value."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from troupe_core.keys import canonical, digest
from troupe_core.people.parts import Part

SHOWN = 60
"""So many names are told at once; who knows a thousand people does not need to be read all of them."""


@attrs.frozen(eq=False, slots=True)
class Roster(Part):
    """Everybody of a place, by id and name. One value for all who are there."""

    names: Mapping[str, str]

    def _make_digest(self) -> bytes:
        return digest(b"roster", canonical(list(self.names.items()), "roster"))


@attrs.frozen(eq=False, slots=True)
class Tie:
    """One acquaintance: the name, and what the two are to each other."""

    name: str
    description: str = ""


@attrs.frozen(eq=False, slots=True)
class Ties(Part):
    """Everybody near a person: `known` by themselves, `everyone` of the place."""

    known: Mapping[str, Tie] = attrs.field(factory=dict)
    everyone: Roster | None = None

    def near(self, me: str) -> dict[str, Tie]:
        """By id, the known ones first."""
        found = dict(self.known)
        if self.everyone is not None:
            for id, name in self.everyone.names.items():
                if id != me and id not in found:
                    found[id] = Tie(name)
        return found

    def meet(self, id: str, name: str, description: str | None = None) -> Ties:
        """With one more acquaintance, or a better description of one; the same value if nothing changes."""
        old = self.known.get(id)
        told = description if description is not None else old.description if old is not None else ""
        if old is not None and old.name == name and old.description == told:
            return self
        if old is None and description is None and self.everyone is not None and self.everyone.names.get(id) == name:
            return self
        return attrs.evolve(self, known={**self.known, id: Tie(name, told)})

    def leave(self, id: str, me: str = "") -> Ties:
        """Without somebody. Leaving one of a roster makes the others single acquaintances of `me`."""
        if self.everyone is not None and id in self.everyone.names:
            others = {other: Tie(name) for other, name in self.everyone.names.items() if other not in (id, me)}
            known = {**others, **{other: tie for other, tie in self.known.items() if other != id}}
            return Ties(known)
        if id not in self.known:
            return self
        return attrs.evolve(self, known={other: tie for other, tie in self.known.items() if other != id})

    def _make_digest(self) -> bytes:
        known = [[id, tie.name, tie.description] for id, tie in self.known.items()]
        return digest(
            b"ties", canonical(known, "ties"), self.everyone.digest if self.everyone is not None else b"nobody"
        )


NOBODY = Ties()
UNTOLD = Ties(everyone=Roster({}))
"""As whom a person was told of whose last news of it may be out of view."""


def told(before: Ties, now: Ties, me: str) -> str:
    """What a person is told when the people near it have changed: all of them at first, afterwards the difference."""
    old, new = before.near(me), now.near(me)
    come = [_called(tie) for id, tie in new.items() if id not in old or _called(old[id]) != _called(tie)]
    gone = [tie.name for id, tie in old.items() if id not in new]
    if not old:
        if come:
            return f"near you now: {_listed(come)}"
        return "nobody is near you any more" if before.digest == UNTOLD.digest else ""
    if not new:
        return "nobody is near you any more"
    said = [f"also near you now: {_listed(come)}"] if come else []
    said += [f"no longer near you: {_listed(gone)}"] if gone else []
    return "; ".join(said)


def untold(before: Ties, me: str) -> Ties:
    """What a person counts as told, once the lines that told it may be out of view."""
    return UNTOLD if before.near(me) else before


def _called(tie: Tie) -> str:
    return f"{tie.name} ({tie.description})" if tie.description else tie.name


def _listed(names: list[str]) -> str:
    if len(names) <= SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} others"
