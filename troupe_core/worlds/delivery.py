"""What the acts of some are to others: who hears whom, who has met, and what comes back to a speaker nobody heard.

A turn changes nobody but its own person; everything between people happens here, at the end of a step, in person order
and then action order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

import attrs

from troupe_core.events import STIMULUS, Fact
from troupe_core.people.memory import Entry, Heard, Shared
from troupe_core.people.state import PersonState
from troupe_core.people.ties import Ties
from troupe_core.worlds.kinds import EVERYBODY, NEAR

NAMED_IN_HELP = 12


class Names:
    """Finding somebody by what a model writes: the name, the name in other letters, a part that only one name has."""

    def __init__(self, people: Mapping[str, str]) -> None:
        """`people`: id to name."""
        self.people = people
        self._exact = {name: id for id, name in people.items()}
        self._folded: dict[str, list[str]] | None = None

    def find(self, target: str) -> str | None:
        """The id of the one person who is meant, or None."""
        target = normalize("NFC", target.strip())
        found = self._exact.get(target)
        if found is not None:
            return found
        folded = target.casefold()
        if self._folded is None:
            self._folded = {}
            for id, name in self.people.items():
                self._folded.setdefault(name.casefold(), []).append(id)
        same = self._folded.get(folded)
        if same is not None:
            return same[0] if len(same) == 1 else None
        parts = [ids for name, ids in self._folded.items() if folded in name] if folded else []
        return parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 else None


@attrs.frozen
class Rules:
    """Who can hear whom; see `WorldKind`."""

    hearing: str = EVERYBODY
    apart: bool = False
    interviewer: str = ""


class Delivery:
    """One delivery: acts go in, changed people come out."""

    def __init__(
        self, people: Mapping[str, PersonState], rules: Rules, when: str | None, voices: Iterable[str] = ()
    ) -> None:
        """`voices`: those who have spoken to all without being there, such as a moderator."""
        self._people = people
        self._voices = frozenset(voice.casefold() for voice in voices)
        self._rules = rules
        self._when = when
        self._names = Names({id: state.name for id, state in people.items()})
        self._public: list[tuple[int, Fact]] = []
        self._direct: dict[str, list[tuple[int, Fact]]] = {}
        self._ties: dict[str, Ties] = {}
        self._place = 0
        self.facts: list[Fact] = []
        """What happened in delivering: who was reached, whose words reached no one."""

    def add(self, speaker: str, acts: Sequence[Fact]) -> None:
        """The acts of one person, in their order."""
        apart = self._rules.apart and speaker != self._rules.interviewer
        for act in acts:
            self._place += 1
            if act.type == "TALK":
                (self._talk_apart if apart else self._talk)(speaker, act)
            elif act.type == "REACH_OUT":
                (self._reach_out_apart if apart else self._reach_out)(speaker, act)

    def _talk(self, speaker: str, act: Fact) -> None:
        if not act.target.strip():
            self._say(speaker, act)
            return
        hearer = self._names.find(act.target)
        if hearer is None and act.target.strip().casefold() in self._voices:
            self._say(speaker, act)  # who answers a moderator is heard by all who were asked
        elif hearer is None:
            self._nobody(speaker, act)
        elif hearer != speaker:
            self._give(hearer, act)

    def _say(self, speaker: str, act: Fact) -> None:
        """To nobody in particular."""
        if self._rules.hearing == EVERYBODY:
            self._public.append((self._place, act))
        elif self._rules.hearing == NEAR:
            for id in self._ties_of(speaker).near(speaker):
                if id in self._people:
                    self._give(id, act)

    def _talk_apart(self, speaker: str, act: Fact) -> None:
        """Whoever is named, it is said to whoever asks; where that is the experimenter, it is only on record."""
        if self._rules.interviewer:
            self._give(self._rules.interviewer, act)

    def _reach_out(self, speaker: str, act: Fact) -> None:
        other = self._names.find(act.target)
        if other is None:
            self._nobody(speaker, act)
        elif other != speaker:
            self._reach(speaker, other, act)

    def _reach_out_apart(self, speaker: str, act: Fact) -> None:
        """Whoever asks can be reached. All else has the same answer whether others are there or not: nobody should
        learn from it who is.
        """
        asks = self._people.get(self._rules.interviewer)
        if asks is not None and Names({asks.id: asks.name}).find(act.target) is not None:
            self._reach(speaker, asks.id, act)
        else:
            self._tell(speaker, act, f"Nobody called {act.target.strip()!r} can be reached from here.")

    def _reach(self, speaker: str, other: str, act: Fact) -> None:
        one, two = self._people[speaker].name, self._people[other].name
        self._meet(speaker, other, two)
        self._meet(other, speaker, one)
        self._tell(other, act, f"{one} gets in touch with you: {act.content}")
        self._tell(speaker, act, f"You have reached {two}, and can talk now.")

    def _nobody(self, speaker: str, act: Fact) -> None:
        others = [name for id, name in self._people_names() if id != speaker]
        here = f" Here are: {', '.join(others)}." if 0 < len(others) <= NAMED_IN_HELP else ""
        self._tell(speaker, act, f"Nobody is called {act.target.strip()!r} here; that reached no one.{here}")

    def _people_names(self) -> list[tuple[str, str]]:
        return list(self._names.people.items())

    def _tell(self, person: str, act: Fact, content: str) -> None:
        name = self._people[person].name
        count, when = len(self.facts), self._when
        fact = Fact.of(
            act.id,
            count,
            STIMULUS,
            "SOCIAL",
            person,
            "",
            content,
            target=name,
            when=when,
            mark=act.mark,
            substitute=act.substitute,
        )
        self.facts.append(fact)
        self._give(person, fact)

    def _give(self, person: str, fact: Fact) -> None:
        self._direct.setdefault(person, []).append((self._place, fact))

    def _meet(self, person: str, other: str, name: str) -> None:
        self._ties[person] = self._ties_of(person).meet(other, name)

    def _ties_of(self, person: str) -> Ties:
        return self._ties.get(person) or self._people[person].ties

    def changed(self) -> dict[str, PersonState]:
        """Everybody whom something reached, in the order of the people."""
        if not self._public and not self._direct and not self._ties:
            return {}
        shared = Shared(fact for _, fact in self._public) if self._public else None
        speakers = {fact.thing for _, fact in self._public}
        out: dict[str, PersonState] = {}
        for id, before in self._people.items():
            entries = self._entries(id, shared, id in speakers)
            ties = self._ties.get(id)
            after = before.hear(*entries) if entries else before
            if ties is not None:
                after = after.changed(ties=ties)
            if after is not before:
                out[id] = after
        return out

    def _entries(self, id: str, shared: Shared | None, spoke: bool) -> Sequence[Entry]:
        """What reaches one person. Who gets something apart gets everything one by one, so that the order is kept."""
        direct = self._direct.get(id)
        if direct is not None:
            if shared is None:
                return [fact for _, fact in direct]
            everything = [*direct, *(item for item in self._public if item[1].thing != id)]
            return [fact for _, fact in sorted(everything, key=_place)]
        if shared is None or (spoke and all(fact.thing == id for fact in shared.facts)):
            return ()
        return (Heard(shared, id if spoke else ""),)


def _place(item: tuple[int, Any]) -> int:
    return item[0]
