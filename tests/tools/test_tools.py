"""Tools within a turn: what the person perceives, what is done once, what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import attrs
import pytest

from troupe_core import (
    ArgumentError,
    ModelError,
    ModelUnavailable,
    OutputError,
    PluginError,
    RunStopped,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyTool,
    TinyWorld,
    ToolCall,
    ToolFailure,
    ToolSpec,
    action,
    hookimpl,
)
from troupe_testing import ScriptedModel, do, talk, turn


@attrs.frozen
class Settings:
    sound: str = "ding"


class Bell(TinyTool, config=Settings):
    """There is a bell."""

    def __init__(self, config: Settings | None = None) -> None:
        super().__init__(config)
        self.calls: list[ToolCall] = []

    @action
    async def ring(self, call: ToolCall, times: int = 1) -> str:
        """ring the bell."""
        self.calls.append(call)
        if times > 9:
            raise ToolFailure("the rope is too short for that")
        if times == 0:
            raise KeyError("nought")
        return " ".join([self.config.sound] * times)

    @action
    def look(self, call: ToolCall) -> str:
        """look at it."""
        return f"It is a bell, seen by {call.name}."

    @action
    async def polish(self, call: ToolCall) -> None:
        """polish it."""


def once(*actions: Any) -> Any:
    """The script of somebody who does this, and then says that it is done."""

    def script(request: Any, call: Any) -> Any:
        if call.purpose != "turn":
            return {"memories": []}
        return turn(talk("done")) if call.ordinal else turn(*actions)

    return script


def observed(person: TinyPerson) -> list[str]:
    return [fact.content for fact in person.memories() if fact.kind == "observation"]


def test_a_tool_is_told_of_used_and_its_result_seen_before_the_person_goes_on(make_simulation):
    bell = Bell()
    simulation = make_simulation(once(talk("I ring."), do("RING", times=2), talk("never said")))
    ada = TinyPerson("Ada", tools=[bell], simulation=simulation)
    assert "There is a bell." in str(ada.prompt())
    assert [fact.type for fact in ada.act()] == ["TALK", "RING", "TALK"]
    assert observed(ada) == ["ding ding"]
    (call,) = bell.calls
    assert (call.tool, call.action, dict(call.arguments), call.person, call.turn) == (
        "bell",
        "RING",
        {"times": 2},
        "Ada",
        0,
    )
    assert len(call.key) == 32


def test_plain_methods_and_those_that_return_nothing_are_observed_too(make_simulation):
    for what, seen in (("LOOK", "It is a bell, seen by Ada."), ("POLISH", "Done.")):
        ada = TinyPerson("Ada", tools=[Bell], simulation=make_simulation(once(do(what))))
        ada.act()
        assert observed(ada) == [seen]


def test_by_name_with_settings_through_a_plugin(make_runtime):
    class Plugin:
        @hookimpl
        def troupe_register_tools(self) -> Any:
            yield ToolSpec("bell", Bell)

    runtime = make_runtime(once(do("RING")), plugins=[Plugin()], settings={"bell": {"sound": "dong"}})
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", tools=["bell"], simulation=simulation)
    ben = TinyPerson("Ben", tools=["bell"], simulation=simulation)
    assert ada.state.faculties == ("conversation", "tool:bell")
    TinyWorld("Tower", [ada, ben]).run(1)
    assert observed(ada) == observed(ben) == ["dong"]
    assert [call.person for call in runtime.faculty("tool:bell").calls] == ["Ada", "Ben"]


def test_a_failure_is_perceived_and_nothing_else_is_hidden(make_simulation):
    ada = TinyPerson("Ada", tools=[Bell], simulation=make_simulation(once(do("RING", times=10))))
    ada.act()
    assert observed(ada) == ["It did not work: the rope is too short for that"]
    ben = TinyPerson("Ben", tools=[Bell], simulation=make_simulation(once(do("RING", times=0))))
    with pytest.raises(KeyError, match="nought") as told:
        ben.act()
    assert "in the action RING of the tool 'bell'" in told.value.__notes__
    assert observed(ben) == []


def test_a_bug_in_the_middle_leaves_the_use_in_doubt_and_not_repeated(make_simulation):
    bell = Bell()
    simulation = make_simulation(once(do("RING", times=0)))
    ben = TinyPerson("Ben", tools=[bell], simulation=simulation)
    with pytest.raises(KeyError):
        ben.act()
    ben.act()
    assert len(bell.calls) == 1
    assert observed(ben) == ["Nobody knows whether RING has had its effect: it was interrupted, and not done again."]
    assert [call.key for call in simulation.doubts] == [bell.calls[0].key]


@pytest.mark.parametrize("path", [None, "study.db", "study.json"])
def test_a_turn_that_fails_after_a_use_does_not_use_it_again(make_runtime, tmp_path, path):
    bell, broken = Bell(), [ModelError("the line is dead")]

    def script(request: Any, call: Any) -> Any:
        if call.ordinal and broken:
            return broken.pop()
        return once(do("RING"))(request, call)

    simulation = Simulation(tmp_path / path if path else None, runtime=make_runtime(script))
    ada = TinyPerson("Ada", tools=[bell], simulation=simulation)
    with pytest.raises(ModelError):
        ada.act()
    ada.act()
    assert observed(ada) == ["ding"]
    assert len(bell.calls) == 1
    ada.act()  # another turn is another use
    assert len(bell.calls) == 2
    assert len({call.key for call in bell.calls}) == 2
    simulation.close()


def test_cancelled_in_the_middle_it_is_in_doubt(make_simulation):
    started = asyncio.Event()

    class Slow(TinyTool):
        """There is a slow thing."""

        @action
        async def wait(self, call: ToolCall) -> str:
            """wait."""
            started.set()
            await asyncio.sleep(3600)
            return "never"

    simulation = make_simulation(once(do("WAIT")))
    ada = TinyPerson("Ada", tools=[Slow], simulation=simulation)

    async def cancelled() -> None:
        acting = asyncio.ensure_future(ada.aact())
        await started.wait()
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)

    simulation.runtime.wait(cancelled, "")
    ada.act()
    assert "Nobody knows whether WAIT" in observed(ada)[0]


def test_the_same_words_ordered_twice_are_two_uses(make_simulation):
    bell = Bell()

    def script(request: Any, call: Any) -> Any:
        return turn(do("RING")) if call.ordinal < 4 else turn(talk("done"))

    ada = TinyPerson("Ada", tools=[bell], simulation=make_simulation(script))
    ada.act()
    assert len(bell.calls) == 2
    assert len({call.key for call in bell.calls}) == 2


def test_a_new_version_of_something_executes_the_turn_again_and_uses_no_tool_again(make_runtime, tmp_path):
    class Mood(TinyMentalFaculty):
        """You have moods."""

        @action
        async def sigh(self, turn: Any) -> None:
            """sigh."""

    bells = []
    for version in (1, 2):
        Mood.cache_version = version
        bells.append(Bell())
        with Simulation(tmp_path / "study.db", runtime=make_runtime(once(do("RING")))) as simulation:
            ada = TinyPerson("Ada", mental_faculties=[Mood], tools=[bells[-1]])
            ada.act()
            assert simulation.journal.misses == 1
            assert observed(ada) == ["ding"]
    assert [len(bell.calls) for bell in bells] == [1, 0]


class Carillon(Bell, config=Settings):
    """There are bells."""

    def target(self) -> str:
        return self.config.sound


@pytest.mark.parametrize(("kind", "used"), [(Bell, [1, 0]), (Carillon, [1, 1])])
def test_other_settings_are_another_effect_only_if_they_say_what_it_is_on(make_runtime, tmp_path, kind, used):
    bells = [kind(), kind(Settings("dong"))]
    for bell in bells:
        with Simulation(tmp_path / "study.db", runtime=make_runtime(once(do("RING")))):
            TinyPerson("Ada", tools=[bell]).act()
    assert [len(bell.calls) for bell in bells] == used


def test_another_folder_is_no_other_turn(make_runtime, tmp_path):
    """A study that is moved to another machine is not executed again there."""

    @attrs.frozen
    class Place:
        folder: Path = Path("somewhere")
        loud: bool = False

    class Bell(TinyTool, config=Place):
        """There is a bell."""

        @action
        async def ring(self, call: ToolCall) -> str:
            """ring it."""
            return f"It rings in {self.config.folder}."

    def study(settings: dict[str, Any]) -> int:
        model = ScriptedModel(lambda request, call: turn(do("RING")) if call.ordinal == 0 else turn(talk("So.")))
        runtime = make_runtime(model, plugins=[Bell], settings={"bell": settings})
        with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
            TinyPerson("Ada", tools=["bell"]).act()
            executed = simulation.journal.misses
        runtime.close()
        return executed

    assert [study({"folder": "here"}), study({"folder": str(tmp_path)}), study({"loud": True})] == [1, 0, 1]


def test_forks_share_what_was_done_and_do_what_is_their_own(make_runtime, tmp_path):
    bell = Bell()
    with Simulation(tmp_path / "study.db", runtime=make_runtime(once(do("RING")))) as simulation:
        ada = TinyPerson("Ada", tools=[bell])
        ada.act()
        one, other = simulation.fork("one"), simulation.fork("other")
        other["Ada"].listen("Something else.")
        for variant in (simulation, one, other):
            variant["Ada"].act()
        one.close()
        other.close()
    assert len(bell.calls) == 3  # the first; then the same in two of them; then with another past


def test_a_wrapper_can_stand_in_for_a_tool(make_simulation):
    class Rehearsing:
        @hookimpl(wrapper=True)
        def troupe_tool_handler(self, tool: TinyTool) -> Any:
            inner = yield
            assert tool.name == "bell"

            async def only_looking(call: ToolCall) -> str:
                return "It would ring." if call.action == "RING" else await inner(call)

            return only_looking

    bell = Bell()
    ada = TinyPerson("Ada", tools=[bell], simulation=make_simulation(once(do("RING")), plugins=[Rehearsing()]))
    ada.act()
    assert observed(ada) == ["It would ring."]
    assert not bell.calls


def test_what_is_no_text_is_refused_by_name(make_simulation):
    class Odd:
        @hookimpl(wrapper=True)
        def troupe_tool_handler(self) -> Any:
            yield

            async def handler(call: ToolCall) -> Any:
                return 5

            return handler

    ada = TinyPerson("Ada", tools=[Bell], simulation=make_simulation(once(do("RING")), plugins=[Odd()]))
    with pytest.raises(PluginError, match="RING of the tool 'bell' came to a int; a tool returns text"):
        ada.act()


def test_wrong_ways_to_give_a_tool(make_simulation):
    class Mood(TinyMentalFaculty):
        """You have moods."""

    simulation = make_simulation()
    with pytest.raises(ArgumentError, match=r"tools is a list; write \['bell'\]"):
        TinyPerson("Ada", tools="bell", simulation=simulation)
    with pytest.raises(ArgumentError, match="a tool is a name or a TinyTool"):
        TinyPerson("Ada", tools=[Mood], simulation=simulation)
    with pytest.raises(ArgumentError, match=r"Bell is a tool: give it as tools=\[…\]"):
        TinyPerson("Ada", mental_faculties=[Bell], simulation=simulation)
    with pytest.raises(PluginError, match=r"there is no tool 'notes'.*pip install troupe-tool-notes"):
        TinyPerson("Ada", tools=["notes"], simulation=simulation)
    with pytest.raises(ArgumentError, match="a tool keeps nothing for a person"):

        class Keeping(TinyTool, state=Settings):
            """It keeps something."""

    assert "Ada" not in simulation


def test_resume_without_the_tool_and_with_it(tmp_path):
    bell = Bell()
    model = ScriptedModel(once(do("RING")))
    with (
        Runtime(plugins=[model], model="scripted/x", autoload=False) as runtime,
        Simulation(tmp_path / "study.db", runtime=runtime),
    ):
        TinyPerson("Ada", tools=[bell]).act()
    with Runtime(plugins=[ScriptedModel(once(do("RING")))], model="scripted/x", autoload=False) as runtime:
        again = Simulation.resume(tmp_path / "study.db", runtime=runtime)
        with pytest.raises(PluginError, match="there is no tool 'bell'"):
            again["Ada"].act()
        again.close()
        for name in ("bell", "tool:bell"):
            again = Simulation.resume(tmp_path / "study.db", runtime=runtime, attach={name: bell})
            again["Ada"].act()
            again.close()
    assert [call.turn for call in bell.calls] == [0, 1, 2]


def stumbling(bell: Bell) -> tuple[Any, list[int]]:
    """Rings, and then twice says something that is no answer."""
    useless, draws = [2], []

    def script(request: Any, call: Any) -> Any:
        draws.append(request.draw)
        if call.ordinal == 0:
            return turn(do("RING"))
        if useless[0]:
            useless[0] -= 1
            return "no answer at all"
        return turn(talk("done"))

    return script, draws


@pytest.mark.parametrize("path", [None, "study.db", "study.json"])
def test_a_turn_that_comes_to_no_usable_answer_uses_its_tool_once_and_asks_only_that_question_anew(
    make_runtime, tmp_path, path
):
    bell = Bell()
    script, draws = stumbling(bell)
    simulation = Simulation(tmp_path / path if path else None, runtime=make_runtime(script))
    ada = TinyPerson("Ada", tools=[bell], simulation=simulation)
    with pytest.raises(OutputError):
        ada.act()
    ada.act()
    assert observed(ada) == ["ding"]
    assert len(bell.calls) == 1
    assert draws == [0, 0, 0, 1_000]
    simulation.close()


@pytest.mark.parametrize("path", [None, "study.db"])
def test_an_answer_of_the_second_candidate_counts_also_when_the_first_is_up_again(make_runtime, tmp_path, path):
    bell, asked, broken = Bell(), [], {"scripted/a": 1, "scripted/b": 0}

    def script(request: Any, call: Any) -> Any:
        model = request.form.model
        asked.append((model, call.ordinal))
        if broken["scripted/a"] and model == "scripted/a":
            return ModelUnavailable("down")
        if call.ordinal and broken["scripted/b"] == 0:
            broken["scripted/b"] = 1
            return ModelUnavailable("down too")
        return turn(talk("done")) if call.ordinal else turn(do("RING"))

    runtime = make_runtime(script, model=["scripted/a", "scripted/b"])
    simulation = Simulation(tmp_path / path if path else None, runtime=runtime)
    ada = TinyPerson("Ada", tools=[bell], simulation=simulation)
    with pytest.raises(ModelUnavailable):
        ada.act()
    broken["scripted/a"] = 0
    ada.act()
    assert len(bell.calls) == 1
    a, b = "scripted/a", "scripted/b"
    assert asked == [(a, 0), (b, 0), (a, 2), (b, 2), (a, 2)]
    simulation.close()


def test_the_same_order_in_two_studies_is_two_effects_and_in_forks_of_one_it_is_one(make_runtime, tmp_path):
    bell, broken = Bell(), [1]

    def script(request: Any, call: Any) -> Any:
        if call.ordinal and broken:
            broken.pop()
            return ModelError("dead")
        return once(do("RING"))(request, call)

    for path in (None, None, "one.db", "other.db"):
        simulation = Simulation(tmp_path / path if path else None, runtime=make_runtime(script))
        broken[:] = [1]
        ada = TinyPerson("Ada", tools=[bell], simulation=simulation)
        with pytest.raises(ModelError):
            ada.act()
        fork = simulation.fork("variant")
        fork["Ada"].act()
        ada.act()
        assert observed(ada) == observed(fork["Ada"]) == ["ding"]
        fork.close()
        simulation.close()
    assert len({call.key for call in bell.calls}) == len(bell.calls) == 4


def test_a_tool_that_says_it_failed_when_it_is_asked_what_became_of_it(make_simulation):
    class Moody(Bell):
        """There is a moody bell."""

        async def became(self, call: ToolCall) -> str | None:
            raise ToolFailure("the bell is gone")

    ada = TinyPerson("Ada", tools=[Moody], simulation=make_simulation(once(do("RING", times=0))))
    with pytest.raises(KeyError):
        ada.act()
    ada.act()
    assert observed(ada) == ["It did not work: the bell is gone"]


def test_a_doubt_is_told_once(make_simulation):
    broken = [1]

    def script(request: Any, call: Any) -> Any:
        if call.ordinal and broken:
            broken.pop()
            return ModelError("dead")
        return once(do("RING", times=0))(request, call)

    simulation = make_simulation(script)
    ada = TinyPerson("Ada", tools=[Bell], simulation=simulation)
    for error in (KeyError, ModelError):
        with pytest.raises(error):
            ada.act()
    ada.act()
    assert len(simulation.doubts) == 1


def test_a_cancellation_that_a_backend_makes_up_is_its_own_failure(make_simulation):
    def script(request: Any, call: Any) -> Any:
        raise asyncio.CancelledError

    simulation = make_simulation(script)
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
    with pytest.raises(RunStopped, match="2 of 2 people failed"):
        TinyWorld("Room", people).run(1)
    assert simulation.usage.failed == 2
