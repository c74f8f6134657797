"""A turn: what is new → prompt → model → actions, each to the ability that owns it, up to the first whose result the
person has to see first; then the model is asked again. Everything happens on a scene; the outcome is a value, and an
exception anywhere leaves nothing changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from sys import intern
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from troupe_core.errors import as_exception, containable
from troupe_core.events import ACTION, ECHO, MEMORY, OBSERVATION, STIMULUS, Fact
from troupe_core.llm.request import Message
from troupe_core.people.abilities import DONE, Abilities, Ability, abilities_of
from troupe_core.people.history import EMPTY, History, did
from troupe_core.people.knowledge import KNOWLEDGE, PASSAGE
from troupe_core.people.lines import NOTHING_NEW
from troupe_core.people.memory import PAUSE, Entry
from troupe_core.people.mind import Mind
from troupe_core.people.outputs import ACTS
from troupe_core.people.pictures import NOTHING_SHOWN, Look, Shown, shown
from troupe_core.people.prompt import new_lines, one_line, state_block, system_message
from troupe_core.people.state import PersonState
from troupe_core.people.ties import told, untold
from troupe_core.people.tool import TinyTool
from troupe_core.people.turn import Turn
from troupe_core.people.using import use
from troupe_core.people.words import repeats, words
from troupe_core.simulation.scene import Scene, When
from troupe_core.simulation.things import working
from troupe_core.simulation.transaction import Leaf, Outcome, Transaction

if TYPE_CHECKING:
    from troupe_core.llm.asking import Question
    from troupe_core.simulation.simulation import Simulation

TURN = "turn"

LEAF = Leaf(TURN, ACTS)

MAX_CALLS = 4
MAX_ACTIONS = 15
TOO_ALIKE = 0.85
ENOUGH_WORDS = 5
SAID_KEPT = 4
MEMORIES_SHOWN = 3
MEMORY_LENGTH = 200
QUERY_LENGTH = 160


async def live(simulation: Simulation, state: PersonState, when: When, arguments: bytes) -> Outcome:
    """One turn of one person, brought about through whatever wraps it. `arguments` is the spelled `{"now": …}`."""
    abilities = abilities_of(simulation.runtime, state.faculties)
    question = simulation.question(abilities.output, TURN, state.model)

    async def execute(tx: Transaction) -> Outcome:
        scene = Scene.of(simulation, tx, when)
        token = working.set(scene)
        try:
            return await _turn(scene, abilities, question)
        finally:
            working.reset(token)
            scene.over = True

    fingerprint = simulation.models.fingerprint(TURN, abilities.makers, state.model)
    attempt = simulation.stumbles.get(state.id, 0)
    return await simulation.transact(LEAF, state, {"now": when.stamp}, arguments, fingerprint, execute, attempt=attempt)


class Opening(Struct, frozen=True, eq=False):
    """What a turn begins with: the request as far as it is fixed, and what the person perceives."""

    head: tuple[Message, ...]
    history: History
    entries: tuple[Entry, ...]
    unrolled: tuple[Entry, ...]
    """Those entries that the trail has not seen yet."""
    text: str
    seen: Shown
    memories: list[str]
    block: str


async def first_request(scene: Scene, abilities: Abilities) -> Opening:
    """Take in what is new, and see what it brings to mind."""
    before = scene.state
    entries: tuple[Entry, ...] = before.inbox
    unrolled: tuple[Entry, ...] = ()
    if before.ties is not before.told:
        company = told(before.told, before.ties, before.id)
        unrolled = tuple(
            scene.fact(STIMULUS, "PEOPLE", line, recorded=False) for line in company
        )  # meeting was the event
        entries = (*entries, *unrolled)
    scene.state = before.changed(inbox=(), told=before.ties)
    look = scene.simulation.pictures.of
    history = history_of(before, look)
    head = (system_message(abilities, before.persona), *history.messages)
    text = new_lines(entries)
    memories = await _come_to_mind(scene, text)
    seen = shown((entry for entry in entries if isinstance(entry, Fact)), look)
    return Opening(head, history, entries, unrolled, text, seen, memories, _block(scene, abilities, memories))


async def _turn(scene: Scene, abilities: Abilities, question: Question) -> Outcome:
    before = scene.state
    opening = await first_request(scene, abilities)
    entries, unrolled = [*opening.entries], [*opening.unrolled]
    said: list[Message] = []
    text, seen, block = opening.text, opening.seen, opening.block
    guard = Guard(before.said)
    for _ in range(MAX_CALLS):
        messages = (*opening.head, *said, seen.with_text(f"{text}\n\n{block}"))
        answer = await scene.ask(question, messages, TURN)
        scene.state = scene.state.changed(mind=_after(scene.state.mind, answer.cognitive_state))
        done, observed = await _act(scene, abilities, answer.actions, guard)
        said += [seen.with_text(text), did(done)]
        entries += done
        unrolled += done
        if observed is None:
            break
        heard = scene.state.inbox
        scene.state = scene.state.changed(inbox=())
        entries += [observed, *heard]
        unrolled.append(observed)
        text, seen = new_lines([observed, *heard]), NOTHING_SHOWN
        block = _block(scene, abilities, opening.memories)
    else:  # the last thing is an observation, which nothing was asked about any more
        said += [seen.with_text(text), did(())]
    entries.append(PAUSE)
    return outcome_of(scene, before, tuple(entries), tuple(unrolled), opening.history, said, guard)


def _block(scene: Scene, abilities: Abilities, memories: Sequence[str]) -> str:
    return state_block(abilities, scene.state, scene.when.words, memories, _awareness(scene, abilities))


def outcome_of(
    scene: Scene,
    before: PersonState,
    entries: tuple[Entry, ...],
    unrolled: tuple[Entry, ...],
    history: History,
    said: list[Message],
    guard: Guard,
) -> Outcome:
    """What a turn has come to, whose entries and messages these are."""
    memory, trail = scene.state.lived(entries, unrolled)
    first = next(iter(entries[0])) if not isinstance(entries[0], Fact) else entries[0]
    count = sum([1 if isinstance(entry, Fact) else len(entry) for entry in entries])
    grown = history.grown(said, count, first, memory)
    whole = len(before.memory_kind.window(memory)) == grown.count
    after = scene.state.changed(
        memory=memory,
        trail=trail,
        said=guard.said,
        turns=before.turns + 1,
        history=grown if whole else EMPTY,
        told=scene.state.told if whole else untold(scene.state.told, before.id),
    )
    # what others said to this person is an action too, and stands here as it came: it is not said once more
    done = tuple([e for e in entries if isinstance(e, Fact) and e.kind == ACTION and e.thing == before.id])
    return Outcome(after, done, tuple(scene.facts))


def history_of(state: PersonState, look: Look) -> History:
    """The messages of what memory shows: those at hand, if they are still those, else written anew."""
    history = state.history
    if history.memory is state.memory:
        return history
    window = state.memory_kind.window(state.memory)
    return history if history.fits(window) else History.of(window, state.id, state.memory, look)


class Guard:
    """Against saying the same thing again. It compares words, and lets short answers be: Yes may be said twice."""

    __slots__ = ("said",)

    def __init__(self, said: tuple[Fact, ...]) -> None:
        self.said = said

    def repeats(self, content: str) -> bool:
        if not self.said:
            return False
        now = words(content)
        return len(now) >= ENOUGH_WORDS and any(repeats(now, old.content, TOO_ALIKE) for old in self.said)

    def note(self, fact: Fact) -> None:
        """Something has been said."""
        self.said = (*self.said, fact)[-SAID_KEPT:]


async def _act(
    scene: Scene, abilities: Abilities, actions: Sequence[Any], guard: Guard
) -> tuple[list[Fact], Fact | None]:
    """Perform the actions up to DONE, or up to the first whose result has to be seen: what was done, what was seen."""
    done: list[Fact] = []
    if len(actions) > MAX_ACTIONS:
        scene.simulation.remark(scene.thing, f"{len(actions)} actions in one answer; the first {MAX_ACTIONS} count")
    for place, wanted in enumerate(actions[:MAX_ACTIONS]):
        ability = abilities.by_type[type(wanted)]
        action = ability.action
        if action.name == DONE:
            break
        given = {name: getattr(wanted, name) for name in action.parameters}
        content = given.get("content", "")
        if ability.plain and not content.strip():
            continue
        if action.name == "TALK" and guard.repeats(content):
            _kept_to_oneself(scene)
            continue
        if ability.plain:
            fact = scene.fact(ACTION, action.name, content, target=intern(given["target"]), source=scene.state.name)
        else:
            fact = scene.fact(ACTION, action.name, str(content), data=given, source=scene.state.name)
        if action.name == "TALK":
            guard.note(fact)
        done.append(fact)
        if action.perform is not None:
            result = await _perform(scene, ability, action.perform, given, place)
            if action.observe:
                return done, scene.fact(
                    ECHO if action.echo else OBSERVATION, action.name, "" if result is None else str(result)
                )
    return done, None


async def _perform(
    scene: Scene, ability: Ability, perform: Callable[..., Any], given: dict[str, Any], place: int
) -> object:
    try:
        if isinstance(ability.faculty, TinyTool):
            return await use(scene, ability.faculty, ability.action, given, place)
        result = perform(ability.faculty, Turn(scene, ability.faculty.name), **given)
        return await result if inspect.isawaitable(result) else result
    except BaseException as error:
        if not containable(error):
            raise
        what = "tool" if isinstance(ability.faculty, TinyTool) else "faculty"
        error.add_note(f"in the action {ability.action.name} of the {what} {ability.faculty.name!r}")
        raise as_exception(scene.simulation.runtime.blame(error))  # noqa: B904 - usually the same error


def _kept_to_oneself(scene: Scene) -> None:
    note = scene.fact(STIMULUS, "THOUGHT", "I was about to say the same thing once more, and kept it to myself.")
    scene.state = scene.state.hear(note)


def _after(mind: Mind, told: Any) -> Mind:
    return mind.after(told.goals, told.attention, told.emotions, told.context)


def _awareness(scene: Scene, abilities: Abilities) -> list[str]:
    """What the faculties add to the present state."""
    lines = []
    for faculty in abilities.aware:
        try:
            said = faculty.state_prompt(Turn(scene, faculty.name))
        except Exception as error:
            error.add_note(f"in state_prompt of the faculty {faculty.name!r}")
            raise
        if said:
            lines.append(one_line(said))
    return lines


async def _come_to_mind(scene: Scene, text: str) -> list[str]:
    """Memories that the news bring back, of what the prompt no longer shows."""
    if text == NOTHING_NEW:
        return []
    state = scene.state
    turn: Turn[Any] = Turn(scene, "memory")
    found = await state.memory_kind.remind(state.memory, text[:QUERY_LENGTH], MEMORIES_SHOWN, turn)
    return [remembered(recalled.fact) for recalled in found]


def remembered(fact: Fact) -> str:
    """A memory in one line; a passage of what the person knows as a whole, and with where it is from."""
    given = fact.type == KNOWLEDGE
    most = PASSAGE if given else MEMORY_LENGTH
    words = " ".join(fact.content.split()) if given else one_line(fact.content)
    words = words if len(words) <= most else words[: most - 1] + "…"
    return f"{fact.source}: {words}" if fact.source and (given or fact.kind != MEMORY) else words
