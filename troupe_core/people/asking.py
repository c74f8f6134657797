"""Asking a person: it hears a question, and replies in words and by ticking a form, with one call of a model.

What is to be remembered is a turn like any other. Otherwise the reply comes from the person as it is now, and nothing
changes by it: not its memory, not what is on record of the simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from troupe_core.arguments import checked_truth, checked_whole
from troupe_core.errors import ArgumentError, AskingStopped, Busy, as_exception, containable, told
from troupe_core.events import ACTION, Answered, Fact
from troupe_core.findings.fields import Fields
from troupe_core.findings.forms import of_reply, values_in
from troupe_core.findings.rows import Results, Row, Unread
from troupe_core.keys import digest, utf8
from troupe_core.people.abilities import abilities_of
from troupe_core.people.acting import foreseen, live_through, when_of
from troupe_core.people.history import did
from troupe_core.people.living import Guard, Opening, first_request, outcome_of
from troupe_core.people.marks import mark_of, substitute_of
from troupe_core.people.memory import PAUSE
from troupe_core.people.outputs import REPLIES, Reply
from troupe_core.people.perceiving import checked_text, name_of, stimulus
from troupe_core.people.state import PersonState
from troupe_core.simulation.crowd import for_each
from troupe_core.simulation.models import Fingerprint
from troupe_core.simulation.scene import Scene, When
from troupe_core.simulation.things import scene_of, working
from troupe_core.simulation.transaction import Leaf, Outcome, Transaction, outcome_key, spelled

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.simulation import Simulation

ASK = "ask"
LEAF = Leaf(ASK, REPLIES)
CONVERSATION, TALK, THINK = "CONVERSATION", "TALK", "THINK"
ANSWER = "answer"
"""The field of a row that holds what was said."""


@attrs.frozen
class Enquiry:
    """What somebody wants to know, and how the replies are to be written down."""

    questions: tuple[str, ...]
    source: str
    fields: Fields
    remember: bool = False
    replicates: int = 1

    @classmethod
    def of(cls, questions: Any, fields: Any, hints: Any, source: Any, remember: bool, replicates: int) -> Enquiry:
        """As it was given, or an error that names what is wrong."""
        if not isinstance(questions, list | tuple) or not questions:
            raise ArgumentError(f"a question is a text, and several are a list of texts; got {questions!r}")
        several = len(questions) > 1
        texts = tuple(
            checked_text(each, f"question[{at}]" if several else "question") for at, each in enumerate(questions)
        )
        checked_truth(remember, "remember")
        checked_whole(replicates, "replicates")
        if remember and replicates > 1:
            raise ArgumentError("what is remembered is answered once: leave out replicates, or remember")
        typed = Fields() if fields is None and hints is None else Fields.of(fields, hints)
        if ANSWER in typed.names:
            raise ArgumentError(f"{ANSWER!r} is what was said, which is in every row: call the field otherwise")
        return cls(texts, name_of(source), typed, remember, replicates)

    @property
    def form(self) -> dict[str, Any]:
        """Everything but the questions, as it enters a key."""
        return {"source": self.source, **self.fields.written}

    @classmethod
    def from_form(cls, form: Any) -> Enquiry:
        """The same from there."""
        return cls((), form["source"], Fields.of(form["fields"], form["hints"]) if form["fields"] else Fields())


@attrs.frozen
class Put:
    """Whom something is asked, what, and which of several answers to it is wanted."""

    id: str
    question: str
    replicate: int = 0


async def ask(simulation: Simulation, id: str, enquiry: Enquiry) -> Row:
    """One question, put to one person."""
    with simulation.inquiring():
        return await Interview(simulation, enquiry, [id]).row(Put(id, enquiry.questions[0]))


async def ask_all(simulation: Simulation, ids: Sequence[str], enquiry: Enquiry) -> Results:
    """Every question, put to everybody, side by side and each for itself; if they are to remember, one question after
    the other.
    """
    interview = Interview(simulation, enquiry, ids)
    ways = range(enquiry.replicates)
    rounds = [[Put(id, question, way) for id in ids for way in ways] for question in enquiry.questions]
    if not enquiry.remember:
        rounds = [list(chain.from_iterable(rounds))]
    came: list[Row | Unread | None] = []
    for puts in rounds:
        with simulation.inquiring():
            found = await for_each(simulation, puts, interview.row)
        came += [
            Unread(simulation.states[put.id].name, each, put.question) if isinstance(each, Exception) else each
            for put, each in zip(puts, found, strict=True)
        ]
        if None in found:
            break
    results = Results.of(came)
    cause = results.hopeless(simulation)
    if cause is not None:
        made = f"{len(results)} of {sum(map(len, rounds))} answers came"
        raise AskingStopped(f"asking stopped, {made}: {told(cause)}", results) from cause
    results.remark_failures(simulation, ASK)
    return results


class Interview:
    """An enquiry in one simulation. Who is asked aside answers as it is when the interview begins, however late it is
    its turn.
    """

    def __init__(self, simulation: Simulation, enquiry: Enquiry, ids: Sequence[str] = ()) -> None:
        self.simulation = simulation
        self.enquiry = enquiry
        self.form = _in_words(simulation.runtime, enquiry)
        self._spelled: dict[str | None, bytes] = {}
        self._asked: dict[str, tuple[PersonState, When]] = {}
        if not enquiry.remember:
            self._check_whole(ids)
            self._asked = {id: (simulation.states[id], when_of(simulation, id)) for id in ids}

    def _check_whole(self, ids: Sequence[str]) -> None:
        """That nobody is in the middle of something: half a step is nothing that has happened."""
        scene, members = scene_of(self.simulation), self.simulation.members
        if scene is not None:
            raise Busy(f"{scene.thing!r} is having a turn; within it nobody can be asked")
        held = self.simulation.holds.any_of([*ids, *{members[id] for id in ids if id in members}])
        if held is not None:
            raise Busy(f"{held!r} is in the middle of a turn or run; ask before or after it, or a fork of before")

    async def row(self, put: Put) -> Row:
        """The answer to one question."""
        scene = scene_of(self.simulation)
        if scene is not None:
            raise Busy(f"{scene.thing!r} is having a turn; within it nobody can be asked")
        heard, reply = await (self._remembered(put) if self.enquiry.remember else self._aside(put))
        said, simulation = reply.done[-1], self.simulation
        if simulation.runtime.watched:
            answered = Answered(simulation.id, put.question, said, reply.values, put.replicate, self.enquiry.remember)
            simulation.runtime.emit(answered)
        values = {ANSWER: said.content, **reply.values}
        return Row(
            values,
            of=said.source,
            confidence={ANSWER: 1.0, **reply.confidence},
            evidence=dict.fromkeys(values, (heard, said)),
            asked=put.question,
            replicate=put.replicate,
            mark=said.mark or mark_of(simulation.states[put.id]),
            substitute=said.substitute or substitute_of(simulation.states[put.id]),
        )

    async def _remembered(self, put: Put) -> tuple[Fact, Reply]:
        """As a turn of the person, found in a journal like every other."""
        now = when_of(self.simulation, put.id).now

        def hear(state: PersonState) -> tuple[PersonState, Fact]:
            fact = stimulus(state, CONVERSATION, put.question, self.enquiry.source, now)
            return state.hear(fact), fact

        outcome, heard = await live_through(self.simulation, put.id, hear, self.turn)
        assert heard is not None  # noqa: S101 - it was heard just now
        return heard, outcome.output

    async def turn(self, state: PersonState, when: When) -> Outcome:
        """The reply to what the person has just heard, brought about through whatever wraps a transaction."""
        simulation = self.simulation

        async def execute(tx: Transaction) -> Outcome:
            scene = Scene.of(simulation, tx, when)
            token = working.set(scene)
            try:
                opening, reply = await self._reply(scene)
            finally:
                working.reset(token)
                scene.over = True
            guard = Guard(state.said)
            guard.note(reply.done[-1])
            entries, unrolled = (*opening.entries, *reply.done, PAUSE), (*opening.unrolled, *reply.done)
            messages = [opening.seen.with_text(opening.text), did(reply.done)]
            lived = outcome_of(scene, tx.state, entries, unrolled, opening.history, messages, guard)
            return Outcome(lived.state, reply, lived.facts)

        fingerprint = self._fingerprint(state)
        attempt = simulation.stumbles.get(state.id, 0)
        arguments = {"now": when.stamp, "form": self.enquiry.form}
        return await simulation.transact(
            LEAF, state, arguments, self._arguments(when), fingerprint, execute, attempt=attempt
        )

    async def _aside(self, put: Put) -> tuple[Fact, Reply]:
        """From the person as the next turn would find it. What would become of it is not worked out, and the answer of
        the model is kept.
        """
        simulation = self.simulation
        before, when = self._asked[put.id]
        state = await foreseen(simulation, before) if simulation.states.get(put.id) is before else before
        heard = stimulus(state, CONVERSATION, put.question, self.enquiry.source, when.now)
        state = state.hear(heard)
        fingerprint = self._fingerprint(state).digest
        key = outcome_key(ASK, state.digest, self._arguments(when), fingerprint, simulation.seed)
        scene = Scene(simulation, state, key, when, None)  # what was no use is passed over, and asked anew
        scene.owner = f"{state.id}\0{ASK}\0{key.hex()}\0{put.replicate}"
        async with simulation.slots:
            token = working.set(scene)
            try:
                _, reply = await self._reply(scene, put.replicate)
            except BaseException as error:
                if not containable(error):
                    raise
                raise as_exception(simulation.runtime.blame(error))  # noqa: B904 - usually the same error
            finally:
                working.reset(token)
                scene.over = True
        simulation.answers.settle(scene.owner)
        return heard, reply

    async def _reply(self, scene: Scene, replicate: int = 0) -> tuple[Opening, Reply]:
        before, fields = scene.state, self.enquiry.fields
        opening = await first_request(scene, abilities_of(self.simulation.runtime, before.faculties))
        text = f"{opening.text}\n\n{opening.block}\n\n{self.form}"
        question = self.simulation.question(of_reply(fields), ASK, before.model)
        answer = await scene.ask(question, (*opening.head, opening.seen.with_text(text)), ASK, replicate, _is_silent)
        done = [scene.fact(ACTION, THINK, answer.thought, source=before.name)] if answer.thought.strip() else []
        done.append(scene.fact(ACTION, TALK, answer.answer, target=self.enquiry.source, source=before.name))
        cells = values_in(fields, answer.fields) if fields else {}
        values = {name: cell.value for name, cell in cells.items()}
        confidence = {name: 0.0 if cell.value is None else cell.confidence for name, cell in cells.items()}
        return opening, Reply(values, confidence, tuple(done))

    def _arguments(self, when: When) -> bytes:
        made = self._spelled.get(when.stamp)
        if made is None:
            made = self._spelled[when.stamp] = spelled({"now": when.stamp, "form": self.enquiry.form})
        return made

    def _fingerprint(self, state: PersonState) -> Fingerprint:
        return self.simulation.models.fingerprint(ASK, _makers(self.simulation.runtime, state.faculties), state.model)


def _is_silent(answer: Any) -> str:
    return "" if answer.answer.strip() else "the answer is empty; somebody who will not answer says so"


def _in_words(runtime: Runtime, enquiry: Enquiry) -> str:
    fields = enquiry.fields.fields
    shape: dict[str, Any] = {"thought": "…", "answer": "…"}
    if fields:
        shape["fields"] = {field.name: {"value": "…", "confidence": 0.7} for field in fields}
    return runtime.templates["ask"](
        {
            "source": enquiry.source or "Somebody",
            "values": ", ".join(field.name for field in fields),
            "fields": [{"name": field.name, "words": field.words, "hint": field.hint} for field in fields],
            "form": orjson.dumps(shape).decode(),
        }
    )


def _makers(runtime: Runtime, faculties: tuple[str, ...]) -> Fingerprint:
    """Whatever makes a turn of somebody with these faculties, and how a reply is asked for."""

    def make() -> Fingerprint:
        turn = abilities_of(runtime, faculties).makers
        text = runtime.templates.source("ask")
        name = digest(b"text", utf8(text))
        texts = {**turn.whole["texts"], "ask template": name.hex()}
        return Fingerprint(
            digest(b"asking", turn.digest, name), {**turn.whole, "texts": texts}, {**turn.texts, name: text}
        )

    made: Fingerprint = runtime.once((ASK, "makers", faculties), make)
    return made
