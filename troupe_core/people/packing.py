"""People as rows of a journal, and back.

A root names the large parts by their digests; somebody of whom only little has changed since an outcome is written as
the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
from msgspec.structs import replace

from troupe_core.errors import ArgumentError
from troupe_core.events import Fact
from troupe_core.keys import digest_of, plain
from troupe_core.people.asking import ASK, Enquiry, Interview
from troupe_core.people.consolidating import absorb, consolidation
from troupe_core.people.history import EMPTY
from troupe_core.people.living import TURN, live
from troupe_core.people.memory import PAUSE, Batch, Entry, Heard, Shared
from troupe_core.people.mind import CALM, Mind
from troupe_core.people.missing import MissingMemory, Opaque
from troupe_core.people.persona import Persona, frozen
from troupe_core.people.state import NO_SLICES, PersonState
from troupe_core.people.ties import NOBODY, UNTOLD, Occasion, Roster, Tie, Ties
from troupe_core.simulation.journal.codec import encode
from troupe_core.simulation.pending import Due, Pending
from troupe_core.simulation.scene import When
from troupe_core.simulation.transaction import Outcome
from troupe_core.simulation.transaction import spelled as spelled_arguments

if TYPE_CHECKING:
    from troupe_core.simulation.journal.shelf import Parcel, Shelf
    from troupe_core.simulation.simulation import Simulation

# -- entries: facts, and what many have heard ------------------------------------------------------------------------


def entries_to_plain(entries: Iterable[Entry], parcel: Parcel) -> list[Any]:
    """In order; facts that stand together in an outcome are named together."""
    out: list[Any] = []
    run: list[Fact] = []
    for entry in entries:
        if isinstance(entry, Fact) and entry is not PAUSE:
            run.append(entry)
            continue
        if run:
            out += parcel.facts(run)
            run.clear()
        out.append(0 if isinstance(entry, Fact) else _heard_to_plain(entry, parcel))
    if run:
        out += parcel.facts(run)
    return out


def entries_from_plain(spelled: Sequence[Any], shelf: Shelf) -> tuple[Entry, ...]:
    out: list[Entry] = []
    for item in spelled:
        if item == 0:
            out.append(PAUSE)
        elif isinstance(item, dict) and "heard" in item:
            out.append(Heard(_shared(item["heard"], shelf), item.get("without", "")))
        else:
            out += shelf.facts((item,))
    return tuple(out)


def _heard_to_plain(heard: Heard, parcel: Parcel) -> dict[str, str]:
    shared = heard.shared
    name = parcel.part(shared.digest, lambda: encode({"facts": parcel.facts(shared.facts)}))
    return {"heard": name, "without": heard.without} if heard.without else {"heard": name}


def _shared(name: str, shelf: Shelf) -> Shared:
    digest = bytes.fromhex(name)
    return shelf.known(digest, lambda: Shared(shelf.facts(shelf.part(digest)["facts"])))


# -- parts -----------------------------------------------------------------------------------------------------------


def _persona_from(name: str, shelf: Shelf) -> Persona:
    digest = bytes.fromhex(name)
    return shelf.known(digest, lambda: Persona.kept(digest, shelf.raw))


def _ties_to_plain(ties: Ties, parcel: Parcel) -> str:
    def spell() -> bytes:
        known = [[id, tie.name, tie.description] for id, tie in ties.known.items()]
        spelled = {"known": known, "everyone": _roster_to_plain(ties.everyone, parcel)}
        return encode({**spelled, "untold": True} if ties.untold else spelled)

    return parcel.part(ties.digest, spell)


def _roster_to_plain(roster: Roster | None, parcel: Parcel) -> str | None:
    if roster is None:
        return None

    def spell() -> bytes:
        names = {"names": list(map(list, roster.names.items()))}
        about = roster.occasion
        return encode(names if about is None else {**names, "for": attrs.astuple(about)})

    return parcel.part(roster.digest, spell)


def _ties_from(name: str, shelf: Shelf) -> Ties:
    digest = bytes.fromhex(name)

    def make() -> Ties:
        spelled = shelf.part(digest)
        known = {id: Tie(called, description) for id, called, description in spelled["known"]}
        everyone = spelled["everyone"]
        place = None if everyone is None else _roster_from(everyone, shelf)
        return Ties(known, place, spelled.get("untold", False))

    return shelf.known(digest, make)


def _roster_from(name: str, shelf: Shelf) -> Roster:
    digest = bytes.fromhex(name)

    def make() -> Roster:
        spelled = shelf.part(digest)
        names = dict(spelled["names"])
        about = spelled.get("for")
        return Roster(names, None if about is None else Occasion(*about))

    return shelf.known(digest, make)


# -- memories --------------------------------------------------------------------------------------------------------


def _memory_to_plain(memory: Any, state: PersonState, parcel: Parcel) -> Any:
    if isinstance(memory, Opaque):
        return memory.data
    own = getattr(state.memory_kind, "pack", None)
    if own is not None:
        return own(memory, parcel)
    from troupe_core.simulation.journal.values import proven

    what = f"the memory of {state.id}"
    return {"digest": digest_of(memory, what).hex(), "state": proven(parcel.shelf, memory, type(memory), what)}


def _memory_from(kind: Any, spelled: Any, shelf: Shelf, what: str) -> Any:
    if isinstance(kind, MissingMemory):
        return Opaque(spelled, bytes.fromhex(spelled["digest"]))
    own = getattr(kind, "unpack", None)
    if own is not None:
        return own(spelled, shelf)
    from troupe_core.simulation.journal.values import from_plain

    return from_plain(spelled["state"], type(kind.start()), what)


# -- the root --------------------------------------------------------------------------------------------------------

Spell = Callable[[Any, PersonState, "Parcel"], Any]
"""From a value, and from whose it is."""


def _as_it_is(value: Any, state: PersonState, parcel: Parcel) -> Any:
    return value


def _spell_memory_kind(kind: Any, state: PersonState, parcel: Parcel) -> Any:
    kinds = parcel.shelf.kinds
    found = kinds.get(id(kind))
    if found is None:
        from troupe_core.people.values import kind_to_plain

        found = kinds[id(kind)] = (kind, kind_to_plain(parcel.shelf.runtime, kind))  # kept, so that its id means it
    return found[1]


def _spell_mind(mind: Mind, state: PersonState, parcel: Parcel) -> Any:
    return [mind.goals, mind.attention, mind.emotions, *mind.context]


def _spell_told(told: Ties, state: PersonState, parcel: Parcel) -> Any:
    if told is state.ties:
        return True
    if told is NOBODY:
        return None
    return False if told is UNTOLD else _ties_to_plain(told, parcel)


def _spell_slices(slices: Mapping[str, Any], state: PersonState, parcel: Parcel) -> Any:
    from troupe_core.people.values import slice_to_plain

    runtime = parcel.shelf.runtime
    return {
        name: slice_to_plain(
            parcel.shelf,
            runtime.faculty(name) if runtime.has_faculty(name) else None,
            value,
            f"what {name} keeps for {state.id}",
        )
        for name, value in slices.items()
    }


_SPELLED: dict[str, Spell] = {
    "name": _as_it_is,
    "persona": lambda persona, s, parcel: parcel.part(persona.digest, lambda: persona.raw),
    "memory_kind": _spell_memory_kind,
    "memory": _memory_to_plain,
    "mind": _spell_mind,
    "place": _as_it_is,
    "context": _as_it_is,
    "ties": lambda ties, s, parcel: None if ties is NOBODY else _ties_to_plain(ties, parcel),
    "told": _spell_told,
    "faculties": _as_it_is,
    "slices": _spell_slices,
    "inbox": lambda inbox, s, parcel: entries_to_plain(inbox, parcel),
    "trail": lambda trail, s, parcel: trail.hex(),
    "said": lambda said, s, parcel: parcel.facts(said),
    "turns": _as_it_is,
    "model": _as_it_is,
    "mark": _as_it_is,
    "extras": lambda extras, s, parcel: plain(extras),
}
_USUAL: dict[str, Any] = {
    "name": NotImplemented, "persona": NotImplemented, "memory_kind": NotImplemented, "memory": NotImplemented,
    "mind": CALM, "place": "", "context": (), "ties": NOBODY, "told": NOBODY, "faculties": ("conversation",),
    "slices": NO_SLICES, "inbox": (), "trail": NotImplemented, "said": (), "turns": 0, "model": None,
    "mark": "", "extras": NO_SLICES,
}  # fmt: skip
"""What is not written down; the others always are."""
_COMPARED = frozenset({"name", "place", "context", "faculties", "inbox", "said", "turns", "trail", "model"})
"""Those that may be equal without being the same object."""


class PersonPacking:
    """What a journal needs to know of people."""

    kind = "person"

    def pack(self, state: PersonState, parcel: Parcel, base: PersonState | None = None) -> dict[str, Any]:
        return pack(state, parcel, base)

    def unpack(self, id: str, spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> PersonState:
        return unpack(id, spelled, shelf, simulation)

    def bare(self, state: PersonState) -> PersonState:
        return state if state.history is EMPTY else replace(state, history=EMPTY)

    def explain(self, state: PersonState) -> dict[str, Any]:
        return {
            "name": state.name,
            "persona": state.persona.data(),
            "mind": attrs.asdict(state.mind),
            "place": state.place,
            "context": state.context,
            "near": {id: tie.description for id, tie in state.ties.near(state.id).items()},
            "faculties": state.faculties,
            **{f"state of {name}": _readable(value) for name, value in sorted(state.slices.items())},
            "perceived": [str(fact) for fact in Batch(state.inbox)],
            "memories": [str(fact) for fact in state.memory_kind.items(state.memory)],
            "memory": repr(state.memory_kind),
            "model": state.model,
            "turns": state.turns,
            "mark": state.mark,
            "what else a file said": plain(state.extras),
        }

    async def perform(
        self, simulation: Simulation, kind: str, state: PersonState, arguments: Mapping[str, Any]
    ) -> Outcome:
        now = arguments["now"]
        when = When(None if now is None else datetime.fromisoformat(now))
        if kind == TURN:
            return await live(simulation, state, when, spelled_arguments(arguments))
        if kind == ASK:
            return await Interview(simulation, Enquiry.from_form(arguments["form"])).turn(state, when)
        return await consolidation(simulation, state, when, simulation.stumbles.get(state.id, 0))

    def revive(
        self, simulation: Simulation, id: str, spelled: Mapping[str, Any], read: Callable[[str, Any], Any]
    ) -> Pending:
        """The person as it was then is read when the work begins."""
        now = spelled["now"]
        when = When(None if now is None else datetime.fromisoformat(now), *spelled["at"])
        kept = {name: spelled[name] for name in ("root", "stumbles", "now", "at")}

        def again(fork: Simulation) -> Pending:
            return self.revive(fork, id, spelled, fork.the_journal().records.read_root)

        return Pending(
            id,
            Due(spelled["world"], spelled["count"]),
            bytes.fromhex(spelled["root"]["digest"]),
            lambda: consolidation(simulation, read(id, spelled["root"]), when, spelled["stumbles"]),
            again,
            absorb,
            lambda records, parcel: kept,
        )


PACKING = PersonPacking()


def _readable(value: Any) -> Any:
    try:
        return plain(value)
    except ArgumentError:
        return repr(value)


def pack(state: PersonState, parcel: Parcel, base: PersonState | None = None) -> dict[str, Any]:
    """Everything that is not as usual; or, with a base, everything that is not as in it."""
    out: dict[str, Any] = {"digest": state.digest.hex()}
    if base is None:
        for name, usual in _USUAL.items():
            value = getattr(state, name)
            if value is not usual and (name not in _COMPARED or value != usual):
                out[name] = _SPELLED[name](value, state, parcel)
        return out
    for name in [name for name in _USUAL if getattr(state, name) is not getattr(base, name)]:
        value = getattr(state, name)
        if name not in _COMPARED or value != getattr(base, name):
            out[name] = _SPELLED[name](value, state, parcel)
    if "ties" in out and "told" not in out:  # it may have been written as "the same as the ties"
        out["told"] = _spell_told(state.told, state, parcel)
    return out


def unpack(id: str, spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> PersonState:
    """The person that a root describes. Persona and memories stay names until somebody looks at them."""
    get = spelled.get
    kind = _kind(spelled["memory_kind"], shelf, simulation)
    mind = get("mind")
    ties = get("ties")
    near = NOBODY if ties is None else _ties_from(ties, shelf)
    told = get("told")
    inbox, said, slices, extras = get("inbox"), get("said"), get("slices"), get("extras")
    return PersonState(
        id,
        spelled["name"],
        _persona_from(spelled["persona"], shelf),
        kind,
        _memory_from(kind, spelled["memory"], shelf, f"the memory of {id}"),
        CALM if mind is None else Mind(mind[0], mind[1], mind[2], tuple(mind[3:])),
        get("place", ""),
        tuple(get("context", ())),
        near,
        near if told is True else NOBODY if told is None else UNTOLD if told is False else _ties_from(told, shelf),
        tuple(get("faculties", _USUAL["faculties"])),
        _slices(slices, id, shelf) if slices else NO_SLICES,
        entries_from_plain(inbox, shelf) if inbox else (),
        bytes.fromhex(spelled["trail"]),
        tuple(shelf.facts(said)) if said else (),
        get("turns", 0),
        get("model"),
        get("mark", ""),
        frozen(extras) if extras else NO_SLICES,
        memo=bytes.fromhex(spelled["digest"]),
    )


def _kind(spelled: Mapping[str, Any], shelf: Shelf, simulation: Simulation) -> Any:
    name = encode(spelled)
    found = simulation.memory_kind.found.get(name)
    if found is None:
        from troupe_core.people.values import kind_from_plain, kind_to_plain

        alive = simulation.memory_kind.alive()  # the program may have given one that has no name
        found = next((kind for kind in alive if encode(kind_to_plain(shelf.runtime, kind)) == name), None)
        if found is None:
            made = kind_from_plain(shelf, spelled)
            found = made if isinstance(made, MissingMemory) else simulation.memory_kind(
                made if spelled.get("settings") or spelled["name"] in shelf.attached else spelled["name"]
            )  # fmt: skip
        simulation.memory_kind.found[name] = found
    return found


def _slices(spelled: Mapping[str, Any], id: str, shelf: Shelf) -> Mapping[str, Any]:
    from troupe_core.people.values import slice_from_plain

    runtime = shelf.runtime
    return MappingProxyType(
        {
            name: slice_from_plain(
                runtime.faculty(name) if runtime.has_faculty(name) else None, value, f"what {name} keeps for {id}"
            )
            for name, value in spelled.items()
        }
    )
