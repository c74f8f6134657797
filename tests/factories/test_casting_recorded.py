"""A journal and people who are cast: nothing is paid for twice, and what a factory keeps comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from troupe_core import LLMResponse, ModelUnavailable, Runtime, Simulation, TinyFactory, TinyPersonFactory
from troupe_testing import ScriptedModel


@pytest.fixture(params=["people.db", "people.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture
def model(described: Callable[..., Any]) -> ScriptedModel:
    """Gives two of three the same name, and the fifth nothing that could be used."""

    def script(request: Any, call: Any) -> Any:
        if call.person is None:
            return {"contexts": ["Sopranos.", "Altos."]}
        if call.turn == 4:
            return "Five is right out."
        again = "# Attempt" in request.messages[1].content
        return described(f"{call.person}, {f'again {call.turn}' if again else call.turn // 3}")

    return ScriptedModel(script)


@pytest.fixture
def runtime(make_runtime: Callable[..., Runtime], model: ScriptedModel) -> Runtime:
    return make_runtime(model)


def study(path: Path, runtime: Runtime, **options: Any) -> tuple[Any, ...]:
    with Simulation(path, runtime=runtime, **options) as simulation:
        factories = TinyPersonFactory.generate_person_factories(2, "A choir.")
        assert factories is not None
        people = [person.name for factory in factories for person in factory.generate_people(7, attempts=3)]
        one = factories[0].generate_person("Sings bass.")
        return people, one.name, [factory.state for factory in factories], simulation.digest()


def test_run_again_everybody_is_found(runtime, model, path):
    first = study(path, runtime)
    assert len(first[0]) == 12
    paid = model.calls
    assert study(path, runtime) == first
    assert study(path, runtime, cache=False) == first
    assert model.calls == paid
    assert study(path, runtime, max_in_flight=1) == first
    assert model.calls == paid
    other = study(path, runtime, seed=1)
    assert other[0] == first[0]
    assert model.calls == 2 * paid


def test_more_people_and_more_attempts_pay_for_no_more_than_that(runtime, model, path):
    def cast(number: int, attempts: int) -> int:
        before = model.calls
        with Simulation(path, runtime=runtime):
            TinyPersonFactory("A choir.").generate_people(number, attempts=attempts)
        return model.calls - before

    # numbers 2 and 3 want the name of the first; the fifth comes to nothing, by two questions in each attempt
    assert cast(5, 2) == (4 + 2) + (2 + 2)
    assert cast(6, 2) == 1 + 1  # the sixth, who wants the name of the fourth
    assert cast(6, 3) == 2  # the fifth once more


def test_what_failed_for_a_reason_of_its_own_is_tried_again(make_runtime, described, path):
    broken = True

    def script(request: Any, call: Any) -> Any:
        return ModelUnavailable("no room") if broken and call.turn == 3 else described(f"Person {call.turn}")

    runtime = make_runtime(script)

    def cast() -> list[str]:
        with Simulation(path, runtime=runtime):
            return [person.name for person in TinyPersonFactory("A choir.").generate_people(6)]

    assert len(cast()) == 5
    broken = False
    before = runtime.model_under_test.calls
    assert cast() == [f"Person {number}" for number in range(6)]
    assert runtime.model_under_test.calls == before + 1


def test_a_factory_goes_on_where_it_was(runtime, path):
    study(path, runtime)
    with Simulation.resume(path, runtime=runtime) as resumed:
        factory = resumed["Factory 1"]
        assert isinstance(factory, TinyPersonFactory)
        assert TinyFactory.all_factories == {"Factory 1": factory, "Factory 2": resumed["Factory 2"]}
        assert (factory.context_text, factory.state.begun, len(factory.generated_names)) == ("Sopranos.", 8, 7)
        assert [failure.ordinal for failure in factory.failures] == [5]
        variant = resumed.fork("variant")
        more = [person.name for person in factory.generate_people(2)]
        assert [person.name for person in variant["Factory 1"].generate_people(2)] == more
        assert variant["Factory 1"].encode_complete_state()["generated_names"] == factory.generated_names
        assert variant.digest() == resumed.digest()
        variant["Factory 2"].generate_person()
        assert factory.state.begun == 10
        assert resumed["Factory 2"].state.begun == 7
        variant.end()
    assert Simulation.replay(path, runtime=runtime).turns == 0


def test_a_fork_asks_for_the_same_people_and_pays_once(runtime, model, path):
    with Simulation(path, runtime=runtime) as simulation:
        factory = TinyPersonFactory("A choir.")
        variant = simulation.fork("variant")
        factory.generate_people(4)
        paid = model.calls
        variant["Factory 1"].generate_people(4)
        assert model.calls == paid
        assert variant["Factory 1"].generated_names == factory.generated_names
        variant.end()


def test_a_journal_with_factories_is_read_by_whoever_has_not_imported_them(runtime, path, python):
    study(path, runtime)
    program = f"""
from troupe_core import Runtime, Simulation
from troupe_testing import ScriptedModel

runtime = Runtime([ScriptedModel()], model="scripted/test", autoload=False, config={{}})
with runtime, Simulation.resume({str(path)!r}, runtime=runtime) as simulation:
    print(simulation["Factory 2"].context_text)
"""
    done = python("-c", program)
    assert (done.returncode, done.stdout) == (0, "Altos.\n"), done.stderr


def test_whom_a_puppet_has_made_up_bears_its_mark(make_runtime, described, path):
    def script(request: Any, call: Any) -> Any:
        if call.person is None:
            return LLMResponse('{"contexts": ["Sopranos."]}', mark="rehearsal")
        name = f"{call.person}, {call.turn}"
        return LLMResponse(json.dumps(described(name)), mark="rehearsal" if call.turn == 1 else "")

    runtime = make_runtime(script)
    for _ in range(2):  # asked, and found
        with Simulation(path, runtime=runtime):
            people = TinyPersonFactory("A choir.").generate_people(3)
            (made_up,) = TinyPersonFactory.generate_person_factories(1, "A choir.") or ()
            people += made_up.generate_people(1)
        assert [person.state.mark for person in people] == ["", "rehearsal", "", "rehearsal"]
    with Simulation.resume(path, runtime=runtime) as resumed:
        assert resumed["Factory 1, 1"].state.mark == "rehearsal"
