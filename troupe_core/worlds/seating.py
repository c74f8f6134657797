"""Who is near whom in a world of a kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import attrs

from troupe_core.people.state import PersonState
from troupe_core.people.ties import Roster
from troupe_core.worlds.kinds import WorldKind


class Seating:
    """The places of one world. Each is made once, and shared by all who have it."""

    def __init__(self, kind: WorldKind, interviewer: str, names: Mapping[str, str]) -> None:
        """`names`: everybody who is there, by id."""
        self._kind = kind
        self._interviewer = interviewer
        self._names = names
        self._places: dict[bool, Roster] = {}
        self._changed: dict[int, tuple[Roster, Roster]] = {}
        self._made: dict[bytes, Roster] = {}

    def seated(self, person: PersonState) -> PersonState:
        """Somebody who comes."""
        asks = person.id == self._interviewer
        place = self._places.get(asks)
        if place is None:
            made = Roster(self._near(person.id, self._names), self._kind.occasion(asks=asks))
            place = self._places[asks] = self._one(made)
        return person.changed(ties=person.ties.seated(place, person.id))

    def joined(self, person: PersonState, newcomers: Mapping[str, str]) -> PersonState:
        """Somebody who is there, when others have come. Who was made inaccessible before stays so."""
        come = self._near(person.id, newcomers)
        return self._moved(person, lambda place: place.with_(come)) if come else person

    def left(self, person: PersonState, gone: Collection[str]) -> PersonState:
        """Somebody who stays, when others have gone."""
        return self._moved(person, lambda place: place.without(gone))

    def risen(self, person: PersonState) -> PersonState:
        """Somebody who goes."""
        return person.changed(ties=attrs.evolve(person.ties, everyone=None))

    def _near(self, id: str, names: Mapping[str, str]) -> Mapping[str, str]:
        """Whom of these the kind puts near somebody."""
        kind = self._kind
        if not kind.together:
            return {}
        if not kind.apart or id == self._interviewer:
            return names
        return {other: name for other, name in names.items() if other == self._interviewer}

    def _moved(self, person: PersonState, change: Callable[[Roster], Roster]) -> PersonState:
        here = person.ties.everyone
        if here is None:
            return person
        _, place = self._changed.get(id(here)) or self._changed.setdefault(id(here), (here, self._one(change(here))))
        return person if place is here else person.changed(ties=attrs.evolve(person.ties, everyone=place))

    def _one(self, roster: Roster) -> Roster:
        return self._made.setdefault(roster.digest, roster)
