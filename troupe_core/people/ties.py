"""Whom a person can speak to: single acquaintances, and everybody of a place as one shared value."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from troupe_core.keys import canonical, digest
from troupe_core.people.parts import Part

SHOWN = 60
"""So many names are told at once; who knows a thousand people does not need to be read all of them."""


@attrs.frozen(slots=True)
class Occasion:
    """What people are together for."""

    name: str
    situation: str
    """The sentence in which somebody who is there is told of it."""
    apart: bool = False
    """Whether nobody else is near meanwhile, not even somebody known."""


@attrs.frozen(eq=False, slots=True)
class Roster(Part):
    """Everybody of a place, by id and name. One value for all who are there."""

    names: Mapping[str, str]
    occasion: Occasion | None = None

    def with_(self, names: Mapping[str, str]) -> Roster:
        """The same with more people."""
        return attrs.evolve(self, names={**self.names, **names})

    def without(self, ids: Collection[str]) -> Roster:
        """The same with fewer; this very one if none of them is in it."""
        if self.names.keys().isdisjoint(ids):
            return self
        return attrs.evolve(self, names={id: name for id, name in self.names.items() if id not in ids})

    def _make_digest(self) -> bytes:
        names = canonical(list(self.names.items()), "roster")
        if self.occasion is None:
            return digest(b"roster", names)
        return digest(b"roster", names, canonical(attrs.astuple(self.occasion), "occasion"))


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
    untold: bool = False
    """Whether there were some near of whom nobody can say any more that the person has been told."""

    @property
    def occasion(self) -> Occasion | None:
        """What the person and the others of the place are together for."""
        return None if self.everyone is None else self.everyone.occasion

    def near(self, me: str) -> dict[str, Tie]:
        """By id, the known ones first."""
        here = self.everyone
        if here is None:
            return dict(self.known)
        found = {} if here.occasion is not None and here.occasion.apart else dict(self.known)
        for id, name in here.names.items():
            if id != me and id not in found:
                found[id] = self.known.get(id) or Tie(name)
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

    def renamed(self, id: str, name: str, rosters: dict[Roster, Roster]) -> Ties:
        """With another name of somebody; the same value if it is nobody here. `rosters` takes those that are written
        anew, so that they stay one for all.
        """
        known, everyone = self.known, self.everyone
        if id in known:
            known = {**known, id: Tie(name, known[id].description)}
        if everyone is not None and id in everyone.names:
            if everyone not in rosters:
                rosters[everyone] = everyone.with_({id: name})
            everyone = rosters[everyone]
        return self if known is self.known and everyone is self.everyone else Ties(known, everyone)

    def leave(self, id: str) -> Ties:
        """Without somebody; the same value if they were not near."""
        everyone = self.everyone
        if everyone is not None and id in everyone.names:
            everyone = everyone.without((id,))
        elif id not in self.known:
            return self
        return Ties({other: tie for other, tie in self.known.items() if other != id}, everyone)

    def alone(self) -> Ties:
        """Without anybody; what is going on goes on."""
        return NOBODY if self.occasion is None else Ties(everyone=Roster({}, self.occasion))

    def seated(self, place: Roster, me: str) -> Ties:
        """At a place of which everybody is told. Whom the person knows from the last one it goes on to know."""
        others = (
            {} if self.everyone is None else {id: Tie(name) for id, name in self.everyone.names.items() if id != me}
        )
        return Ties({**others, **self.known}, place)

    def _make_digest(self) -> bytes:
        known = [[id, tie.name, tie.description] for id, tie in self.known.items()]
        everyone = self.everyone.digest if self.everyone is not None else b"nobody"
        return digest(b"untold ties" if self.untold else b"ties", canonical(known, "ties"), everyone)


NOBODY = Ties()
UNTOLD = Ties(untold=True)
"""As whom a person was told of whose last news of it may be out of view."""


def told(before: Ties, now: Ties, me: str) -> list[str]:
    """What a person is told when what is going on, or the company it is in, has changed."""
    return [line for line in (_happening(before.occasion, now.occasion), _company(before, now, me)) if line]


def _happening(before: Occasion | None, now: Occasion | None) -> str:
    if now is not None:
        return now.situation if now != before else ""
    return f"the {before.name} is over for you" if before is not None else ""


def _company(before: Ties, now: Ties, me: str) -> str:
    """All of them at first, afterwards the difference."""
    old, new = before.near(me), now.near(me)
    come = [_called(tie) for id, tie in new.items() if id not in old or old[id].description != tie.description]
    called = [
        f"{old[id].name} is called {tie.name}" for id, tie in new.items() if id in old and old[id].name != tie.name
    ]
    gone = [tie.name for id, tie in old.items() if id not in new]
    if not old:
        if come:
            return f"near you now: {_listed(come)}"
        return "nobody is near you any more" if before.untold else ""
    if not new:
        return "nobody is near you any more"
    said = [f"from now on {_listed(called)}"] if called else []
    said += [f"also near you now: {_listed(come)}"] if come else []
    said += [f"no longer near you: {_listed(gone)}"] if gone else []
    return "; ".join(said)


def untold(before: Ties, me: str) -> Ties:
    """What a person counts as told, once the lines that told it may be out of view."""
    near, occasion = bool(before.near(me)), before.occasion
    if occasion is not None:
        return Ties(everyone=Roster({}, Occasion(occasion.name, "")), untold=near)
    return UNTOLD if near else before


def _called(tie: Tie) -> str:
    return f"{tie.name} ({tie.description})" if tie.description else tie.name


def _listed(names: list[str]) -> str:
    if len(names) <= SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} others"
