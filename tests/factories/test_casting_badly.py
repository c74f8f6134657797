"""When models fail, money runs out or somebody stops it: who has come is there, who has not is told, and why."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import attrs
import pytest

from troupe_core import (
    AuthenticationError,
    BadRequest,
    Budget,
    BudgetExceeded,
    Busy,
    LLMResponse,
    ModelUnavailable,
    OutputError,
    PluginError,
    QuotaError,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyPersonFactory,
    Uncast,
    UnknownModelError,
    action,
    hookimpl,
)
from troupe_core.errors import CastingStopped, SimulationEnded, WrongThread
from troupe_core.factories.person_factory import Casting
from troupe_core.llm import LLMWrapper
from troupe_testing import VirtualLoop, do, turn


def test_forty_nine_of_fifty_come_and_one_is_reported(casting, caplog):
    with casting(lambda number: BadRequest("37 is not served") if number == 37 else f"Person {number}") as simulation:
        factory = TinyPersonFactory("A choir.")
        people = factory.generate_people(50)
    assert len(people) == 49
    assert "Person 37" not in [person.name for person in people]
    assert factory.failures == [Uncast(37, 1, ("BadRequest: 37 is not served",))]
    assert "casting failed: number 37, in one attempt: BadRequest: 37 is not served" in caplog.text
    assert simulation.usage.calls == 50


def test_what_may_pass_is_asked_for_again_in_the_same_words(casting, described):
    gone = ModelUnavailable("come back later")
    answers: list[Any] = [gone, gone, described("Ana Lima")]
    with casting(lambda number: answers.pop(0)) as simulation:
        factory = TinyPersonFactory("A choir.")
        assert factory.generate_person() is not None
    requests = simulation.runtime.model_under_test.requests
    assert len(requests) == 3
    assert len({request.key for request, _ in requests}) == 1
    assert factory.failures == []


def test_what_does_not_pass_comes_to_nobody(casting):
    with casting(lambda number: ModelUnavailable("come back later")) as simulation:
        factory = TinyPersonFactory("A choir.")
        assert factory.generate_person(attempts=3) is None
        assert factory.failures == [Uncast(1, 3, ("ModelUnavailable: come back later",) * 3)]
        with pytest.raises(CastingStopped, match="0 people came to Factory 1: number 2") as stopped:
            factory.generate_people(2, attempts=1)
    assert stopped.value.people == []
    assert [failure.ordinal for failure in stopped.value.failures] == [2, 3]
    assert [failure.ordinal for failure in factory.failures] == [1, 2, 3]
    assert simulation.usage.calls == 5


@pytest.mark.parametrize("error", [AuthenticationError, QuotaError, UnknownModelError])
def test_what_nobody_gets_beyond_is_raised_and_who_came_stays(make_simulation, described, error):
    def script(request: Any, call: Any) -> Any:
        return error("no more") if call.turn == 3 else described(f"Person {call.turn + 1}")

    with make_simulation(script, max_in_flight=1) as simulation:
        factory = TinyPersonFactory("A choir.")
        with pytest.raises(CastingStopped, match=r"3 people came to Factory 1: .*no more") as stopped:
            factory.generate_people(9)
        assert isinstance(stopped.value.__cause__, error)
        assert [person.name for person in stopped.value.people] == ["Person 1", "Person 2", "Person 3"]
        assert [failure.ordinal for failure in stopped.value.failures] == [4]
        assert factory.generated_names == ["Person 1", "Person 2", "Person 3"]
        assert simulation["Person 2"]["age"] == 41
        assert simulation.usage.calls == 4  # nobody else was asked for


def test_one_alone_gets_the_error_itself(casting):
    with casting(lambda number: AuthenticationError("which key?")):
        factory = TinyPersonFactory("A choir.")
        with pytest.raises(AuthenticationError, match="which key"):
            factory.generate_person()


def test_a_spent_budget_stops_it_and_a_larger_one_goes_on(casting):
    with casting() as simulation:
        factory = TinyPersonFactory("A choir.", population_size=9)
        simulation.budget = Budget(calls=4)
        with pytest.raises(CastingStopped) as stopped:
            factory.generate_people()
        assert isinstance(stopped.value.__cause__, BudgetExceeded)
        assert len(stopped.value.people) == 4
        simulation.budget = Budget(calls=9)
        assert len(factory.generate_people()) == 5
        assert len(factory.generated_names) == 9


def test_a_strangers_bug_is_told_by_its_name_and_takes_nobody_else(make_runtime, described):
    class Odd(LLMWrapper):
        async def complete(self, request: Any, call: Any) -> LLMResponse:
            if call.turn == 1:
                sys.exit(3)
            if call.turn == 2:
                raise ZeroDivisionError("of mine")
            return await self.inner.complete(request, call)

    class Around:
        @hookimpl(wrapper=True)
        def troupe_llm_handler(self, model: str) -> Any:
            return Odd((yield))

    runtime = make_runtime(lambda request, call: described(f"Person {call.turn}"), plugins=[Around()])
    with Simulation(runtime=runtime):
        factory = TinyPersonFactory("A choir.")
        people = factory.generate_people(4)
    assert [person.name for person in people] == ["Person 0", "Person 3"]
    second, third = factory.failures
    assert "PluginError" in second.reasons[0]
    assert "SystemExit" in second.reasons[0]
    assert "of mine" in third.reasons[0]


def test_who_has_come_when_it_is_interrupted_is_there(make_simulation, described):
    async def script(request: Any, call: Any) -> Any:
        if call.turn > 2:
            await asyncio.Event().wait()
        return described("Person 2" if call.turn == 2 else f"Person {call.turn + 1}")

    async def main() -> None:
        casting = asyncio.ensure_future(factory.agenerate_people(6))
        await asyncio.sleep(1.0)  # on that clock, when nothing else can happen any more
        casting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await casting

    with make_simulation(script, loop_factory=VirtualLoop) as simulation:
        factory = TinyPersonFactory("A choir.")
        simulation.runtime.wait(main, "main()")
        assert factory.generated_names == ["Person 1", "Person 2"]
        assert factory.state.begun == 6
        assert [failure.ordinal for failure in factory.failures] == [3]
        assert simulation.holds.any_of(["Factory 1"]) is None
        assert [person.name for person in simulation if isinstance(person, TinyPerson)] == ["Person 1", "Person 2"]


def test_somebody_who_is_made_meanwhile_keeps_the_name(make_simulation, described):
    async def script(request: Any, call: Any) -> Any:
        if "Person 1" not in simulation:
            TinyPerson("Person 1", simulation=simulation)
        return described(f"Person {call.turn + 1}" if "# Attempt" not in request.messages[1].content else "Another")

    with make_simulation(script) as simulation:
        people = TinyPersonFactory("A choir.").generate_people(2)
    assert [person.name for person in people] == ["Another", "Person 2"]


def test_it_waits_for_nobody_within_a_turn_and_not_for_itself(make_simulation, described):
    caught: list[BaseException] = []

    class Casting(TinyMentalFaculty):
        """You can cast people."""

        @action
        async def cast(self, turn: Any) -> None:
            """cast somebody."""
            for attempt in (factory.generate_person, factory.agenerate_person):
                try:
                    waited = attempt()
                    if asyncio.iscoroutine(waited):
                        await waited
                except Exception as error:
                    caught.append(error)

    def script(request: Any, call: Any) -> Any:
        return turn(do("CAST")) if call.purpose == "turn" else described("Ana Lima")

    with make_simulation(script) as simulation:
        factory = TinyPersonFactory("A choir.")
        TinyPerson("Ada", mental_faculties=[Casting]).act()
        assert [type(error) for error in caught] == [WrongThread, Busy]
        assert "'Ada' is having a turn; people are cast before or after" in str(caught[1])
        assert simulation.usage.calls == 1


def test_after_the_end_nobody_is_asked_for(casting):
    with casting() as simulation:
        factory = TinyPersonFactory("A choir.")
    with pytest.raises(SimulationEnded):
        factory.generate_person()
    assert simulation.usage.calls == 0


def test_what_is_given_in_vain_is_told_before_anybody_is_asked_for(casting):
    with casting() as simulation:
        factory = TinyPersonFactory("A choir.")
        with pytest.raises(PluginError, match="no faculty 'flying'"):
            factory.generate_people(9, mental_faculties=["flying"])
        assert factory.generate_people(1, memory="episodic")
        assert (simulation.usage.calls, len(simulation)) == (1, 2)


# -- contexts ---------------------------------------------------------------------------------------------------------


def test_several_factories_for_several_groups(casting):
    with casting(lambda number: {"contexts": [" Sopranos. ", "Altos.", "Basses."]}) as simulation:
        factories = TinyPersonFactory.generate_person_factories(3, "A choir in Lisbon.")
    assert factories is not None
    assert [factory.context_text for factory in factories] == ["Sopranos.", "Altos.", "Basses."]
    assert [factory.name for factory in factories] == ["Factory 1", "Factory 2", "Factory 3"]
    ((request, call),) = simulation.runtime.model_under_test.requests
    assert (call.purpose, call.person) == ("casting", None)
    assert "Split them up into 3 groups" in request.messages[0].content
    assert request.messages[1].content == "A choir in Lisbon."


@pytest.mark.parametrize(
    ("contexts", "told"),
    [
        (["Sopranos."], "Expected `array` of length >= 2"),
        (["Sopranos.", " "], "one of the contexts is empty"),
        (["Sopranos.", "SOPRANOS. "], "two of the contexts are the same"),
    ],
)
def test_groups_that_are_no_groups_are_asked_for_once_more_and_then_there_are_none(casting, contexts, told, caplog):
    with casting(lambda number: {"contexts": contexts}) as simulation:
        assert TinyPersonFactory.generate_person_factories(2, "A choir.") is None
        assert len(simulation) == 0
    _, (request, _) = simulation.runtime.model_under_test.requests
    assert told in request.messages[-1].content
    assert told in caplog.text


@attrs.frozen
class Kept(Casting):
    crossings: int = 0


class Passengers(TinyPersonFactory, state=Kept):
    """A factory of another kind, which asks in other words and is made in its own way."""

    person_prompt_template_path = "person"

    def __init__(self, ferry: str) -> None:
        super().__init__(f"Passengers of the {ferry}.")


def test_what_a_subclass_makes_is_of_its_kind_and_asks_in_its_words(make_simulation, described):
    def script(request: Any, call: Any) -> Any:
        return described(f"Passenger of {call.person}") if call.person else {"contexts": ["Daily.", "Once a year."]}

    with make_simulation(script) as simulation:
        town = Passengers.create_factory_from_demography({"women": 51}, 3)
        groups = Passengers.generate_person_factories(2, "Passengers.")
        assert groups is not None
        factories = [Passengers("Ida"), town, *groups]
        assert [type(factory) for factory in factories] == [Passengers] * 4
        assert [factory.state.drawn for factory in factories] == [False, True, False, False]
        assert all(type(factory.state) is Kept for factory in factories)
        assert all(factory.generate_person() is not None for factory in factories)
    _, *asked = simulation.runtime.model_under_test.requests
    assert all(request.messages[0].content == request.messages[1].content for request, _ in asked)


def test_a_factory_is_made_in_one_change(casting):
    with casting(lambda number: {"contexts": ["Sopranos.", "Altos."]}) as simulation:
        factories = [
            TinyPersonFactory.create_factory_from_demography({"women": 51}),
            *(TinyPersonFactory.generate_person_factories(2, "A choir.") or ()),
        ]
    assert [simulation.states[factory.id].turns for factory in factories] == [0, 0, 0]


def test_other_errors_of_a_model_are_its_own(casting):
    with casting(lambda number: AuthenticationError("which key?")), pytest.raises(AuthenticationError):
        TinyPersonFactory.generate_person_factories(2, "A choir.")
    assert issubclass(OutputError, Exception)
