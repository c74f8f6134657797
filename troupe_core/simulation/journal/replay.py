"""Every transaction of a journal once more, from the recorded answers alone: what it asks must be recorded, and what it
comes to must be what is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from msgspec.structs import replace

from troupe_core.errors import ModelError, OutputError, ReplayError
from troupe_core.hookspecs import hookimpl
from troupe_core.llm.handlers import Capabilities
from troupe_core.llm.request import ModelRef
from troupe_core.records import BackendSpec
from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.codec import fact_to_plain
from troupe_core.simulation.journal.commits import At
from troupe_core.simulation.journal.effects import recorded, series_in
from troupe_core.simulation.journal.opening import as_made, existing, lend
from troupe_core.simulation.journal.shelf import Parcel, Shelf
from troupe_core.simulation.journal.viewing import AnswersOnRecord
from troupe_core.simulation.journal.why import Difference, differences, inputs, row_of, state_before
from troupe_core.simulation.packing import packing_of

if TYPE_CHECKING:
    from troupe_core.llm.response import LLMResponse
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.effects import Do, Effect
    from troupe_core.simulation.journal.store import Store
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome, Transaction


@attrs.frozen
class Replay:
    """What was executed once more, with the same results."""

    turns: int
    others: int
    answers: int

    def __add__(self, more: Replay) -> Replay:
        return Replay(self.turns + more.turns, self.others + more.others, self.answers + more.answers)

    def __str__(self) -> str:
        others = f", {self.others} other transactions" if self.others else ""
        return f"{self.turns} turns{others}, {self.answers} recorded answers: all as recorded"


def replay(made: type[Simulation], path: str | Path, at: At, runtime: Runtime | None, given: dict[str, Any]) -> Replay:
    """Of the journal up to that point."""
    attach = given.pop("attach", None) or {}
    store = existing(path)
    own: Runtime | None = None
    try:
        head, _ = commits.find(store, at)
        runtime = runtime or (own := _runtime_for(store, head))
        shelf = Shelf(store, runtime, attach)
        done = Replay(0, 0, 0)
        for commit, keys in _outcomes(store, head):
            simulation = made(**{**as_made(store, commit), "runtime": runtime, **given})
            try:
                lend(simulation, attach)
                replaying = Replaying(simulation, shelf)
                done += runtime.wait(lambda: replaying.all(keys), "Simulation.replay(…) in a thread")  # noqa: B023
            finally:
                simulation.close()
        return done
    finally:
        if own is not None:
            own.close()
        store.close()


def _outcomes(store: Store, head: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each once, in the order in which they became visible; those of one stretch with the same settings together, with
    one of its commits.
    """
    chain = [(name, commit) for name, commit in commits.history(store, head) if commit.outcomes]
    seen: set[str] = set()
    for _, stretch in groupby(reversed(chain), key=lambda each: each[1].settings):
        several = list(stretch)
        names = dict.fromkeys(name for _, commit in several for name in commit.outcomes if name not in seen)
        seen.update(names)
        yield several[0][0], [bytes.fromhex(name) for name in names]


def _runtime_for(store: Store, head: bytes) -> Runtime:
    """One in which every model that was asked has a name, whether or not its plugin is installed."""
    from troupe_core.runtime import Runtime

    with Runtime() as probe:
        shelf = Shelf(store, probe)
        specs: dict[str, BackendSpec] = {}
        for key in (key for _, keys in _outcomes(store, head) for key in keys):
            taking_part = shelf.part(bytes.fromhex(row_of(shelf, key)["fingerprint"]))
            for models in taking_part["models"].values():
                for name, version, schema in models:
                    backend = ModelRef.parse(name).backend
                    if not probe.has(BackendSpec, backend):
                        able = Capabilities(json_schema=schema)
                        specs[backend] = BackendSpec(backend, _never, cache_version=version, capabilities=able)
    return Runtime(plugins=[Absent(list(specs.values()))])


class Absent:
    """Names of backends that are not here, and are never asked."""

    def __init__(self, specs: list[BackendSpec]) -> None:
        self.specs = specs

    @hookimpl
    def troupe_register_llm_backends(self) -> list[BackendSpec]:
        return self.specs


def _never() -> Any:
    raise ReplayError("a replay asks no model")


class Replaying:
    """Stands where a simulation has its recorder and its answers."""

    def __init__(self, simulation: Simulation, shelf: Shelf) -> None:
        self.simulation = simulation
        self.shelf = shelf
        self.store = shelf.store
        self.answers = 0
        self._key = b""
        self._row: Mapping[str, Any] = {}
        simulation.recorder = self
        simulation.answers = RecordedAnswers(self)
        simulation.effects = RecordedEffects(self.store)
        simulation.pictures = shelf.pictures

    async def all(self, keys: Sequence[bytes]) -> Replay:
        turns = others = 0
        for key in keys:
            self._key, self._row = key, row_of(self.shelf, key)
            await self._once_more()
            turns += self._row["kind"] == "turn"
            others += self._row["kind"] != "turn"
        return Replay(turns, others, self.answers)

    async def _once_more(self) -> None:
        row = self._row
        state = state_before(self.simulation, self.shelf, row)
        if row.get("attempt"):
            self.simulation.stumbles[row["thing"]] = row["attempt"]
        try:
            await packing_of(type(state)).perform(self.simulation, row["kind"], state, row["arguments"])
        except OutputError as error:
            raise self.error([], f"the recorded answers cannot be used any more: {error}") from error
        except ModelError as error:  # of the last candidate: that the others had failed is on no record
            raise self.error([], str(error)) from error
        finally:
            self.simulation.stumbles.pop(row["thing"], None)

    def error(self, found: list[Difference], problem: str) -> ReplayError:
        """What is wrong, and with which transaction."""
        row = self._row
        told = "".join(f"\n  {each}" for each in found)
        return ReplayError(f"{row['kind']} {row['turn']} of {row['thing']!r}: {problem}{told}")

    # -- as the state cache sees it -----------------------------------------------------------------------------------

    def find(self, tx: Transaction) -> None:
        """Nothing is found; but what is asked for must be what was recorded."""
        if tx.key == self._key:
            return
        before = inputs(self.simulation, self.shelf, self._row)
        taking_part = dict(tx.fingerprint.whole)
        taking_part.pop("texts", None)
        texts = {name: tx.fingerprint.texts[bytes.fromhex(key)] for name, key in tx.fingerprint.whole["texts"].items()}
        given = {"arguments": dict(tx.arguments), **taking_part, **texts}
        now = {**before, **given, "seed": self.simulation.seed, "attempt": tx.attempt}
        found = list(differences(before, now))
        raise self.error(found, "is no longer made of what it was made of" if found else "has another name by now")

    def record(self, tx: Transaction, outcome: Outcome) -> Outcome:
        """Compare, instead."""
        row, packing = self._row, packing_of(type(tx.state))
        parcel = Parcel(self.shelf, tx.key, outcome.facts)
        found = list(differences(row["facts"], [fact_to_plain(fact) for fact in outcome.facts], "facts"))
        found += differences(row["output"], tx.outputs.spell(outcome, parcel), "output")
        if row["root"] is not None and row["root"]["digest"] != outcome.state.digest.hex():
            then = replace(packing.unpack(tx.thing, row["root"], self.shelf, self.simulation), memo=b"")
            if then.digest != outcome.state.digest:  # it is the same if a faculty has migrated its state since
                found += differences(packing.explain(then), packing.explain(outcome.state))
                found = found or [Difference("state", row["root"]["digest"], outcome.state.digest.hex())]
        if found:
            raise self.error(found, "comes to something else than was recorded (recorded → now)")
        return outcome


class RecordedAnswers(AnswersOnRecord):
    """They are counted."""

    def __init__(self, replaying: Replaying) -> None:
        super().__init__(replaying.store)
        self._replaying = replaying

    def find(self, owner: str, key: bytes) -> LLMResponse | None:
        found = super().find(owner, key)
        self._replaying.answers += found is not None
        return found


class RecordedEffects:
    """What tools came to; no tool is used."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.series = series_in(store)

    async def once(self, key: bytes, call: Mapping[str, Any], do: Do, *, repeatable: bool) -> Effect:
        found = recorded(self._store, key)
        if found is None:
            raise ReplayError(f"uses a tool, and what that came to is not recorded: {call['action']} of {call['tool']}")
        return found
