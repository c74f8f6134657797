"""Resuming: a simulation comes back from its file as it was, all of it, without the program that made it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import (
    PAUSE,
    EpisodicMemory,
    Parameters,
    Recalled,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    action,
)
from troupe_core.errors import ArgumentError, JournalError, PluginError, RunStopped
from troupe_core.events import Fact
from troupe_core.hookspecs import hookimpl
from troupe_core.records import FacultySpec, MemorySpec
from troupe_core.simulation.rng import Stream
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, do, reach_out, talk, think, turn, uniform

NAMES = ("Ada", "Ben", "Cleo", "Dan")
WORDS = ("naïve soup", "bread", "“ferry”", "漢字", "rent", "garden \u2028 gate", "{{x}}", "storm")


# -- what people are made of ------------------------------------------------------------------------------------------


@attrs.frozen
class Shade:
    name: str
    depth: float = 0.0


@attrs.frozen
class Feeling:
    """Nested, with all that JSON has and some that it has not."""

    shades: tuple[Shade, ...] = ()
    draws: dict[str, int] = attrs.field(factory=dict)
    last: str | None = None
    seen: frozenset[str] = frozenset()


class Mood(TinyMentalFaculty, state=Feeling):
    """You have moods."""

    @action(observe=True)
    async def vent(self, turn: Turn[Feeling], about: str, depth: float = 0.5) -> str:
        """let off steam."""
        now = turn.state
        shades = (*now.shades, Shade(about, depth))
        draws = {**now.draws, about: turn.rng.below(1000)}
        turn.state = Feeling(shades, draws, about, now.seen | {about})
        turn.emit("VENTED", about, {"depth": depth})
        return f"that was {turn.rng.below(100)}"

    def state_prompt(self, turn: Turn[Feeling]) -> str:
        return f"moods: {[shade.name for shade in turn.state.shades]} {sorted(turn.state.seen)}"


@attrs.frozen
class Page:
    """What a diary makes of some days."""

    words: str
    facts: tuple[Fact, ...]


@attrs.frozen
class Written:
    """A state with facts in it, spelled by its fields."""

    facts: tuple[Fact, ...] = ()
    pages: tuple[Page, ...] = ()
    days: int = 0


@attrs.frozen
class Diary:
    """A kind of memory as somebody else would write it, without a thought of journals."""

    every: int = 2

    def start(self) -> Written:
        return Written()

    def append(self, state: Written, items: Sequence[Fact]) -> Written:
        return attrs.evolve(state, facts=(*state.facts, *items), days=state.days + 1)

    def window(self, state: Written) -> Sequence[Fact]:
        return state.facts

    def items(self, state: Written) -> Sequence[Fact]:
        return [fact for fact in state.facts if fact is not PAUSE]

    async def recall(self, state: Written, query: str, k: int, turn: Any = None) -> Sequence[Recalled]:
        return [Recalled(fact, 1.0) for fact in self.items(state) if query in fact.content][:k]

    async def remind(self, state: Written, news: str, k: int, turn: Any) -> Sequence[Recalled]:
        return [Recalled(page.facts[0], 1.0) for page in state.pages[-k:]]

    def due(self, state: Written) -> bool:
        return state.days >= self.every

    async def consolidate(self, state: Written, turn: Turn[Any]) -> Page:
        words = await turn.llm("consolidation").ask(f"{turn.name}, {state.days} days, {len(state.facts)} facts")
        return Page(words, (turn.remember(words),))

    def absorb(self, state: Written, delta: Page) -> Written:
        return attrs.evolve(state, pages=(*state.pages, delta), days=state.days - self.every)


class Provides:
    """A plugin with both."""

    @hookimpl
    def troupe_register_faculties(self) -> Iterator[FacultySpec]:
        yield FacultySpec("mood", Mood)

    @hookimpl
    def troupe_register_memories(self) -> Iterator[MemorySpec]:
        yield MemorySpec("diary", Diary)


PROVIDES = Provides()


def script(request: Any, call: Any) -> Any:
    """What is done follows from the request."""
    chance = Stream(1, request.key.hex(), "script", 0)
    word, number = chance.choice(WORDS), chance.below(1000)
    if call.purpose == "consolidation":
        words = f"{word} was what mattered, {number}"
        return {"memories": [words, f"{number}"]} if request.form.schema else words
    ways: list[Callable[[], Any]] = [
        lambda: turn(talk(f"{word} {number}", to=chance.choice((*NAMES, "", "Moderator", "Nobody")))),
        lambda: turn(think(word), reach_out(chance.choice(NAMES), word), emotions=word),
        lambda: turn(talk(f"{number}"), goals=word, attention=word, context=[word]),
    ]
    if "VENT" in request.messages[0].content and call.ordinal < 4:
        ways.append(lambda: turn(do("VENT", about=word, depth=number / 7)))
    return chance.choice(ways)()


# -- opening and looking ----------------------------------------------------------------------------------------------


@attrs.define
class Process:
    """What a process has that opens the file: its own runtime. `calls` are counted over all of them."""

    path: Path | None
    script: Any = script
    made: list[Runtime] = attrs.field(factory=list)
    models: list[ScriptedModel] = attrs.field(factory=list)

    def runtime(self, *, plugins: Sequence[Any] = (PROVIDES,), **options: Any) -> Runtime:
        model = ScriptedModel(self.script)
        self.models.append(model)
        options = {"model": "scripted/test", **options}
        self.made.append(Runtime([model, *plugins], autoload=False, **options))
        return self.made[-1]

    def begin(self, seed: int = 4, **options: Any) -> Simulation:
        return Simulation(self.path, runtime=self.runtime(), seed=seed, **options)

    def resume(self, at: str | int = "main", *, plugins: Sequence[Any] = (PROVIDES,), **options: Any) -> Simulation:
        assert self.path is not None
        return Simulation.resume(self.path, at, runtime=self.runtime(plugins=plugins), **options)

    @property
    def calls(self) -> int:
        return sum(model.calls for model in self.models)

    def close(self) -> None:
        for runtime in self.made:
            runtime.close()


@pytest.fixture(params=["db", "json"])
def process(request: Any, tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path / f"study.{request.param}")
    yield made
    made.close()


def told(fact: Fact) -> tuple[Any, ...]:
    return (fact.id, fact.kind, fact.type, fact.thing, fact.source, fact.content, fact.target, dict(fact.data),
            fact.when, fact.turn)  # fmt: skip


def look(simulation: Simulation, *, prompts: bool = True) -> dict[str, Any]:
    """Everything that can be seen of a simulation."""
    seen: dict[str, Any] = {"things": sorted(simulation.states), "facts": [told(fact) for fact in simulation.facts]}
    for thing in simulation:
        if isinstance(thing, TinyWorld):
            state = thing.state
            where = [person.id for person in thing.agents]
            seen[thing.id] = [state.now, state.step, state.schedule, state.broadcast_if_no_target, state.voices, where]
            continue
        state = thing.state
        seen[thing.id] = {
            "persona": dict(thing.persona),
            "mind": [state.mind.goals, state.mind.attention, state.mind.emotions, state.mind.context],
            "place": [state.place, state.context],
            "near": [
                (person.id, state.ties.near(thing.id)[person.id].description) for person in thing.accessible_agents
            ],
            "slices": dict(state.slices),
            "memories": [told(fact) for fact in thing.memories()],
            "inbox": [told(fact) for entry in state.inbox for fact in ([entry] if isinstance(entry, Fact) else entry)],
            "said": [told(fact) for fact in state.said],
            "turns": state.turns,
            "model": state.model,
            "world": simulation.members.get(thing.id),
            "stumbles": simulation.stumbles.get(thing.id, 0),
            "pending": getattr(simulation.background.pending.get(thing.id), "due", None),
        }
        if prompts:
            seen[thing.id]["prompt"] = [(each.role, each.content.encode()) for each in thing.prompt().messages]
    seen["digest"] = simulation.digest()
    seen["settings"] = simulation.settings()
    return seen


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where; whole prompts are more than anybody reads."""
    found = []
    for name in {**one, **other}:
        here, there = one.get(name), other.get(name)
        if here == there:
            continue
        if isinstance(here, dict) and isinstance(there, dict):
            found += [f"{name}.{key}: {here[key]} → {there[key]}"[:700] for key in here if here[key] != there[key]]
        else:
            found.append(f"{name}: {here} → {there}"[:700])
    return found


MEMORIES: dict[str, Any] = {
    "usual": None,
    "consolidating": EpisodicMemory(episode=2),
    "forgetting": EpisodicMemory(episode=3, capacity=8),
    "cut": EpisodicMemory(window_size=400, keep=120, episode=4),
    "diary": "diary",
    "another diary": Diary(every=3),
}


def people(simulation: Simulation, memory: Any = None) -> list[TinyPerson]:
    return [
        TinyPerson(
            name,
            {"age": 30 + place, "likes": [WORDS[place]], "home": {"town": "Ávila", "rooms": 2.5}},
            mental_faculties=["mood"] if place % 2 else [],
            memory=memory,
            simulation=simulation,
        )
        for place, name in enumerate(NAMES)
    ]


# -- everything comes back -------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("kind", MEMORIES)
def test_all_of_it_is_there_again_at_every_step_byte_for_byte(process, kind):
    simulation = process.begin()
    everybody = people(simulation, MEMORIES[kind])
    world = TinyWorld("Yard", everybody[:3], initial_datetime="2026-03-02T09:00")
    everybody[0].make_agent_accessible(everybody[1], "an old friend")
    world.broadcast("Welcome.", source="Moderator")
    seen = []
    for step in range(8):
        if step == 3:
            world.add_agent(everybody[3])
            world.make_everyone_accessible()
        if step == 5:
            everybody[1].define("age", 77)
            everybody[2].move_to("the cellar", ["It is dark."]).change_mind(goals="out", emotions="fear")
        everybody[0].listen(f"Step {step}, “Ada”", source="The bell")
        world.run(1, timedelta(minutes=20))
        everybody[3].see("a gull")
        seen.append(look(simulation))
    spent = simulation.meter.purposes()
    simulation.close()
    calls = process.calls

    again = process.resume()
    assert differing(seen[-1], look(again)) == []
    assert again.meter.purposes() == spent
    again.close()
    for step in range(1, 8):  # a step's commit is its end; what was seen and broadcast after it comes later
        earlier = process.resume(step)
        earlier["Dan"].see("a gull")
        assert earlier["Yard"].state.step == step
        assert differing(seen[step - 1], look(earlier)) == [], f"step {step}"
        earlier.close()
    assert process.calls == calls or kind != "usual"


def test_the_past_is_told_as_it_was_with_everything_that_was_done_to_people(process):
    simulation = process.begin()
    ada, ben, _, _ = people(simulation)
    ada.listen("You there?", source="Ben").see("a gull").think("Hm.").internalize_goal("find out").socialize("A crowd.")
    ada.act()
    ben.listen_and_act("And you?", source=ada)
    TinyWorld("Yard", [ada, ben], initial_datetime="2026-03-02T09:00").broadcast("Welcome.", source="Moderator").run(2)
    ben.think("That was that.")
    past = [told(fact) for fact in simulation.facts]
    assert [fact[2] for fact in past[:5]] == [
        "CONVERSATION",
        "VISUAL",
        "THOUGHT",
        "INTERNAL_GOAL_FORMULATION",
        "SOCIAL",
    ]
    simulation.end()
    again = process.resume()
    assert [told(fact) for fact in again.facts] == past
    again["Ada"].listen("Still there?")
    assert [told(fact) for fact in again.facts][:-1] == past
    again.close()
    assert len(process.resume().facts) == len(past) + 1


@pytest.mark.parametrize("seed", range(4))
def test_what_went_on_at_the_same_time_keeps_its_order(tmp_path, seed):
    """Two people who act at once, two worlds that run at once: facts stand as calls were made, not as they ended."""
    path = tmp_path / "study.db"
    model = LatencyModel(ScriptedModel(script), uniform(0.1, 50.0), seed)
    with Runtime([model, PROVIDES], autoload=False, model="scripted/test", loop_factory=VirtualLoop) as runtime:
        simulation = Simulation(path, runtime=runtime, seed=2)
        ada, ben, cleo, dan = people(simulation, EpisodicMemory(episode=2))
        worlds = [TinyWorld("Yard", [ada, ben]), TinyWorld("Attic", [cleo, dan])]

        async def acts() -> None:
            await asyncio.gather(*(person.aact() for person in (dan, ada, cleo, ben)))

        async def runs() -> None:
            await asyncio.gather(worlds[1].arun(3), worlds[0].arun(4))

        runtime.wait(acts, "acts()")
        ben.listen("Between.")
        runtime.wait(runs, "runs()")
        runtime.wait(acts, "acts()")
        dan.listen("After.")
        past, digest = [told(fact) for fact in simulation.facts], simulation.digest()
        order = list(dict.fromkeys(fact[3] for fact in past if fact[1] == "action"))
        assert order[:2] == ["Dan", "Ada"]
        simulation.close()
    with Runtime([ScriptedModel(script), PROVIDES], autoload=False, model="scripted/test") as runtime:
        again = Simulation.resume(path, runtime=runtime)
        assert [fact[0] for fact in past] == [fact.id for fact in again.facts]
        assert [told(fact) for fact in again.facts] == past
        assert again.digest() == digest


def test_calls_are_numbered_on_after_a_change_that_nothing_happened_in(process):
    """A resume reads the past in the order of calls, and the last commit may belong to none of them, or to one that
    began before others.
    """
    simulation = process.begin()
    ada, *_ = people(simulation)
    ada.listen("One.").act()
    ada.listen("Two.").define("age", 5)
    for words in ("Three.", "Four."):
        past = [told(fact) for fact in simulation.facts]
        simulation.end()
        simulation = process.resume()
        assert [told(fact) for fact in simulation.facts] == past
        simulation["Ada"].listen(words).act()
        simulation["Ada"].define("age", 6)
    past = [told(fact) for fact in simulation.facts]
    heard = [fact[5] for fact in past if fact[2] == "CONVERSATION" and fact[4] == ""]
    assert heard == ["One.", "Two.", "Three.", "Four."]
    simulation.end()
    assert [told(fact) for fact in process.resume().facts] == past


def test_a_long_call_that_ends_last_is_no_later_than_it_began(tmp_path):
    """One world runs on while another runs, and somebody is told something; then the file is left and gone on with."""
    path = tmp_path / "study.db"
    model = LatencyModel(ScriptedModel(script), lambda stream: 1.0)
    with Runtime([model, PROVIDES], autoload=False, model="scripted/test", loop_factory=VirtualLoop) as runtime:
        simulation = Simulation(path, runtime=runtime)
        ada, ben, cleo, dan = people(simulation)
        yard, attic = TinyWorld("Yard", [ada, ben]), TinyWorld("Attic", [cleo])

        async def both() -> None:
            running = asyncio.ensure_future(yard.arun(5))
            await asyncio.sleep(0.5)
            await attic.arun(1)
            dan.listen("Meanwhile.")
            await dan.aact()
            await running

        runtime.wait(both, "both()")
        simulation.close()
        for words in ("Later.", "Later still."):
            again = Simulation.resume(path, runtime=runtime)
            past = [told(fact) for fact in again.facts]
            again["Dan"].listen(words)
            again["Dan"].act()
            now = [told(fact) for fact in again.facts]
            assert now[: len(past)] == past
            again.close()
            last = Simulation.resume(path, runtime=runtime)
            assert [told(fact) for fact in last.facts] == now
            last.close()


@pytest.mark.once
@pytest.mark.parametrize("kind", MEMORIES)
def test_going_on_after_a_resume_is_going_on(process, kind):
    plain = Process(None)
    once = plain.begin()
    TinyWorld("Yard", people(once, MEMORIES[kind]), initial_datetime="2026-03-02T09:00")
    once["Yard"].run(7, timedelta(hours=1))
    once.end()
    expected = look(once)

    simulation = process.begin()
    TinyWorld("Yard", people(simulation, MEMORIES[kind]), initial_datetime="2026-03-02T09:00")
    simulation["Yard"].run(1, timedelta(hours=1))
    simulation.close()
    for _ in range(6):
        simulation = process.resume()
        simulation["Yard"].run(1, timedelta(hours=1))
        simulation.close()
    simulation = process.resume()
    simulation.end()
    assert differing(expected, look(simulation)) == []
    assert process.calls == plain.calls
    plain.close()


def test_people_who_were_resumed_are_not_read_until_somebody_looks(process):
    simulation = process.begin()
    people(simulation)
    simulation["Ada"].act()
    simulation.end()
    again = process.resume()
    assert dict.__len__(again.states) == 0
    assert len(again) == 4
    assert "Ada" in again
    assert sorted(thing.id for thing in again) == sorted(NAMES)
    again.end()
    other = process.resume()
    other["Ben"].listen("Hello.")
    assert list(dict.keys(other.states)) == ["Ben"]


def test_stumbles_and_what_was_spent_come_back(process):
    def stubborn(request: Any, call: Any) -> Any:
        return "No form." if request.draw == 0 and call.person == "Ben" else turn(think("Well."))

    process.script = stubborn
    simulation = process.begin()
    TinyWorld("Yard", people(simulation))
    report = simulation["Yard"].run(1)
    assert [failure.person for failure in report.failures] == ["Ben"]
    assert simulation.stumbles == {"Ben": 1}
    spent = simulation.meter.purposes()
    simulation.end()
    again = process.resume()
    assert again.stumbles == {"Ben": 1}
    assert again.meter.purposes() == spent
    assert spent["turn"].calls == 5
    assert again["Yard"].run(1).failures == ()
    assert again.stumbles == {}
    again.end()
    assert process.resume().stumbles == {}


def test_who_stumbled_in_a_step_that_does_not_count_asks_for_something_else_after_a_resume(process):
    process.script = lambda request, call: "No form." if request.draw < 1000 else turn(think("Well."))
    simulation = process.begin()
    TinyWorld("Yard", people(simulation))
    with pytest.raises(RunStopped):
        simulation["Yard"].run(1)
    before = look(simulation)
    simulation.end()
    again = process.resume()
    assert differing(before, look(again)) == []
    assert again["Yard"].run(1).failures == ()


# -- where to ---------------------------------------------------------------------------------------------------------


def test_a_checkpoint_a_step_a_commit_and_then_on_without_losing_anything(process):
    simulation = process.begin()
    TinyWorld("Yard", people(simulation), initial_datetime="2026-03-02T09:00").run(2)
    simulation.checkpoint("two steps")
    commit = simulation.journal.branch.head.hex()
    there = look(simulation)
    simulation["Ada"].listen("One more thing.")
    simulation["Yard"].run(2)
    end = look(simulation)
    simulation.end()
    for at in ("two steps", 2, commit, commit[:12], "checkpoint/two steps"):
        again = process.resume(at)
        assert differing(there, look(again)) == []
        again.close()
    again = process.resume("two steps")
    again["Ada"].listen("Another thing.")
    again["Yard"].run(1)
    other = look(again)
    assert set(again.journal.store.names()) == {"main", "main@1", "checkpoint/two steps"}
    again.end()
    assert differing(other, look(process.resume())) == []
    process.made[-1].close()
    last = process.resume("main@1")
    assert differing(end, look(last)) == []
    last.close()


def test_looking_at_an_earlier_point_moves_nothing(process):
    simulation = process.begin()
    TinyWorld("Yard", people(simulation)).run(3)
    end = simulation.digest()
    simulation.end()
    earlier = process.resume(1)
    look(earlier)
    earlier.end()
    again = process.resume()
    assert again.digest() == end
    assert list(again.journal.store.names()) == ["main"]


def test_the_same_done_again_from_an_earlier_point_makes_no_branch(process):
    simulation = process.begin()
    TinyWorld("Yard", people(simulation)).run(4)
    end, calls = look(simulation), process.calls
    simulation.end()
    again = process.resume(2)
    again["Yard"].run(2)
    assert differing(end, look(again)) == []
    assert list(again.journal.store.names()) == ["main"]
    assert process.calls == calls


@pytest.mark.parametrize("at", [9, "nowhere", "abcdef0123", True, 0.5])
def test_a_point_that_is_not_there_is_told(process, at):
    simulation = process.begin()
    TinyWorld("Yard", people(simulation)).run(1)
    simulation.end()
    with pytest.raises((ArgumentError, JournalError)):
        process.resume(at)
    process.resume().close()  # and the file is free


def test_a_journal_that_is_not_there_is_not_made(process):
    with pytest.raises(JournalError, match="no journal"):
        process.resume()
    assert not process.path.exists()


def test_settings_come_back_unless_others_are_given(process):
    options = {"model": "scripted/one", "models": {"consolidation": "scripted/two"}}
    parameters = Parameters(temperature=0.5, stop=("END",))
    simulation = process.begin(seed=99, parameters=parameters, **options)
    people(simulation)
    settings = simulation.settings()
    simulation.end()
    again = process.resume()
    assert again.settings() == settings
    assert again.seed == 99
    again.end()
    other = process.resume(seed=3, model="scripted/three")
    assert other.settings() == {**settings, "seed": 3, "model": ("scripted/three",)}


# -- plugins that are not there, or are others ------------------------------------------------------------------------


def test_what_belongs_to_a_faculty_that_is_missing_is_kept_and_there_again_with_it(process):
    simulation = process.begin()
    people(simulation)
    ben = simulation["Ben"]
    while not ben.state.slices["mood"].shades:
        ben.act()
    feeling, before = ben.state.slices["mood"], look(simulation)
    simulation.end()

    without = process.resume(plugins=())
    assert without.digest() == before["digest"]
    without["Ben"].listen("Anybody?").define("age", 5)
    without["Ada"].act()
    with pytest.raises(PluginError, match="mood"):
        without["Ben"].act()
    without.end()

    again = process.resume()
    assert again["Ben"].state.slices["mood"] == feeling
    assert again["Ben"].get("age") == 5
    again["Ben"].act()
    again.end()


def test_what_belongs_to_a_kind_of_memory_that_is_missing_is_kept_too(process):
    simulation = process.begin()
    ada, ben, *_ = people(simulation)
    eve = TinyPerson("Eve", memory="diary", simulation=simulation)
    TinyWorld("Yard", [ada, ben, eve]).run(3)
    simulation.end()
    before = look(simulation)
    without = process.resume(plugins=(Mood,))
    assert without.digest() == before["digest"]
    with pytest.raises(PluginError, match="diary"):
        without["Eve"].memories()
    without["Ada"].listen("Anybody?")
    without["Ben"].act()
    without.end()
    again = process.resume()
    assert [told(fact) for fact in again["Eve"].memories()] == before["Eve"]["memories"]
    assert [fact.content for fact in again.facts].count("Anybody?") == 1
    again["Eve"].act()
    assert again["Yard"].run(2).failures == ()


def test_code_that_was_given_as_objects_is_given_again(process):
    class Tired(Mood, name="tired"):
        """You are tired."""

    @attrs.frozen
    class Own(Diary):
        """Somebody's own."""

    simulation = process.begin()
    ada = TinyPerson("Ada", mental_faculties=[Tired], memory=Own(every=4), simulation=simulation)
    for _ in range(5):
        ada.act()
    simulation.end()
    before = look(simulation)
    bare = process.resume(plugins=())
    with pytest.raises(PluginError, match="attach"):
        bare["Ada"].memories()
    bare.end()
    name = "test_code_that_was_given_as_objects_is_given_again.<locals>.Own"
    again = process.resume(plugins=(), attach={"tired": Tired, name: Own})
    assert differing(before, look(again)) == []
    assert again["Ada"].state.memory_kind == Own(every=4)
    again["Ada"].act()
    again.end()


def version(number: int, **fields: Any) -> type[Any]:
    """A faculty whose state has these fields in that version."""
    state = attrs.make_class("State", {name: attrs.field(default=value, type=type(value))
                                       for name, value in fields.items()}, frozen=True)  # fmt: skip

    class Counter(TinyMentalFaculty, state=state, name="counter"):
        """You count."""

        state_version: ClassVar[int] = number

        def migrate(self, data: Any, version: int) -> Any:
            assert version == 1
            return {"total": data["count"] * 10, "unit": "tenths"}

        def state_prompt(self, turn: Turn[Any]) -> str:
            turn.state = attrs.evolve(turn.state, **{next(iter(fields)): turn.number + 7})
            return str(turn.state)

    return Counter


def test_what_an_older_version_kept_is_migrated_and_what_a_newer_one_kept_is_refused(process):
    old, new = version(1, count=0), version(2, total=0, unit="")
    simulation = Simulation(process.path, runtime=process.runtime(plugins=[old]))
    TinyPerson("Ada", mental_faculties=["counter"], simulation=simulation).act()
    simulation.end()

    again = process.resume(plugins=[new])
    state = again["Ada"].state.slices["counter"]
    assert (state.total, state.unit) == (70, "tenths")
    again["Ada"].act()
    assert again["Ada"].state.slices["counter"].total == 8
    again.end()
    third = process.resume(plugins=[new])
    assert (third["Ada"].state.slices["counter"].total, third["Ada"].state.slices["counter"].unit) == (8, "tenths")
    third.end()
    with pytest.raises(JournalError, match="install a newer one"):
        process.resume(plugins=[old])["Ada"].state  # noqa: B018 - it is read when somebody looks


def test_a_faculty_that_cannot_migrate_says_so(process):
    simulation = process.begin()
    people(simulation)
    simulation.end()

    class Mood2(Mood, state=Feeling, name="mood"):
        """You have moods."""

        state_version: ClassVar[int] = 2

    with pytest.raises(PluginError, match="version 1"):
        process.resume(plugins=[Mood2])["Ben"].prompt()


# -- random programs --------------------------------------------------------------------------------------------------

somebody = st.sampled_from(NAMES)
words = st.sampled_from(WORDS)
ops = st.one_of(
    st.tuples(st.sampled_from(["listen", "see", "think", "socialize", "internalize_goal", "move_to"]), somebody, words),
    st.tuples(st.sampled_from(["define", "change_context", "change_mind", "listen_and_act"]), somebody, words),
    st.tuples(st.sampled_from(["join", "leave", "act", "meet", "part", "alone"]), somebody, words),
    st.tuples(st.sampled_from(["broadcast", "everyone", "checkpoint"]), somebody, words),
    st.tuples(
        st.sampled_from(["run", "run", "run 2", "sequential", "random", "reopen", "reopen", "end"]), somebody, words
    ),
)


def do_one(simulation: Simulation, op: tuple[str, str, str]) -> None:  # noqa: PLR0912 - one branch for each kind of line
    """One line of a program; what cannot be done is left out."""
    kind, name, text = op
    world, person = simulation["Yard"], simulation[name]
    other = simulation[NAMES[NAMES.index(name) - 1]]
    roster = [each.id for each in world.agents]
    if kind == "join" and name not in roster:
        world.add_agent(person)
    elif kind == "leave" and name in roster:
        world.remove_agent(person)
    elif kind in ("join", "leave") or (not roster and kind in ("broadcast", "run", "run 2", "sequential", "random")):
        return
    elif kind == "broadcast":
        world.broadcast(text, source=text[:3] if text < "m" else (person if len(roster) > 1 else "Moderator"))
    elif kind == "everyone":
        world.make_everyone_accessible()
    elif kind == "checkpoint":
        if simulation.journal is not None:
            simulation.checkpoint(text)
    elif kind.startswith("run"):
        world.run(1 + kind.endswith("2"), timedelta(minutes=7))
    elif kind in ("sequential", "random"):
        world.run(1, schedule=kind)
    elif kind == "act":
        person.act()
    elif kind == "meet":
        person.make_agent_accessible(other, text)
    elif kind == "part":
        person.make_agent_inaccessible(other)
    elif kind == "alone":
        person.make_all_agents_inaccessible()
    elif kind == "define":
        person.define("mood of the day", text)
    elif kind == "change_context":
        person.change_context([text, text])
    elif kind == "change_mind":
        person.change_mind(attention=text, goals="" if text < "m" else text)
    else:
        getattr(person, kind)(text)


def setting(simulation: Simulation, kinds: Sequence[str]) -> None:
    for place, name in enumerate(NAMES):
        TinyPerson(
            name,
            {"age": place},
            mental_faculties=["mood"] if place % 2 else [],
            memory=MEMORIES[kinds[place]],
            model="scripted/other" if place == 2 else None,
            simulation=simulation,
        )
    TinyWorld("Yard", simulation=simulation, initial_datetime="2026-03-02T09:00")


def random_program(kinds: Sequence[str], program: Sequence[tuple[str, str, str]], suffix: str) -> int:
    """The program in memory, and in a file that is left and resumed meanwhile; how often it was."""
    reopened = 0
    with TemporaryDirectory() as folder:
        plain, process = Process(None), Process(Path(folder) / f"study.{suffix}")
        try:
            expected, simulation = plain.begin(), process.begin()
            setting(expected, kinds)
            setting(simulation, kinds)
            for op in [*program, ("reopen", "", "")]:
                if op[0] not in ("reopen", "end"):
                    do_one(expected, op)
                    do_one(simulation, op)
                    continue
                seen = look(expected)
                assert differing(seen, look(simulation)) == [], op
                (simulation.end if op[0] == "end" and not simulation.background.pending else simulation.close)()
                process.made.pop().close()
                simulation = process.resume()
                reopened += 1
                assert differing(seen, look(simulation)) == [], op
            expected.end()
            simulation.end()
            assert differing(look(expected, prompts=False), look(simulation, prompts=False)) == []
        finally:
            plain.close()
            process.close()
    return reopened


kinds_of_memory = st.lists(st.sampled_from(list(MEMORIES)), min_size=4, max_size=4)
programs = st.lists(ops, min_size=6, max_size=16)


@pytest.mark.once
def test_random_programs_are_resumed_as_they_were():
    reopened = []

    @settings(max_examples=40)
    @given(kinds_of_memory, programs, st.sampled_from(["db", "json"]))
    def check(kinds: list[str], program: list[tuple[str, str, str]], suffix: str) -> None:
        reopened.append(random_program(kinds, program, suffix))

    check()
    assert sum(reopened) > 50


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=1000)
@given(kinds_of_memory, st.lists(ops, min_size=3, max_size=40), st.sampled_from(["db", "json"]))
def test_a_thousand_more(kinds, program, suffix):
    random_program(kinds, program, suffix)
