"""Whatever names a model gives, and however long each answer takes: the people are the same, and their names their own.

What the rounds are to come to is worked out beside them, without any of their code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe_core import ArgumentError, Runtime, Simulation, TinyPerson, TinyPersonFactory
from troupe_core.errors import CastingStopped
from troupe_testing import LatencyModel, ScriptedModel, VirtualLoop, exponential

FEW = ("Ana Lima", "ANA LIMA", "Zoë Berg", "Zoe\u0308 Berg", "Bo Chen", "bo chen ", "Dee", "Eve", "Factory 1")
UNUSABLE = "?"
"""Where the model gives no name but nonsense."""


class Expected(NamedTuple):
    names: list[str]
    failed: list[int]
    calls: int


def same(name: str) -> str:
    return normalize("NFC", normalize("NFC", " ".join(name.split())).casefold())


def expected(names: list[list[str]], there: list[str]) -> Expected:
    """By the words of the page: everybody's first answer, in order; then those again whose name was taken."""
    taken = {same(name) for name in [*there, "Factory 1"]}
    cast: dict[int, str] = {}
    calls = 0
    for attempt in range(len(names[0])):
        for number, answers in enumerate(names):
            if number in cast:
                continue
            name = answers[attempt]
            calls += 2 if name == UNUSABLE else 1  # nonsense is asked about once more, at once
            if name != UNUSABLE and same(name) not in taken:
                taken.add(same(name))
                cast[number] = " ".join(normalize("NFC", name).split())
    failed = [number + 1 for number in range(len(names)) if number not in cast]
    return Expected([cast[number] for number in sorted(cast)], failed, calls)


class Came(NamedTuple):
    names: list[str]
    failed: list[int]
    calls: int
    asked: set[str]
    digest: str


@pytest.fixture(scope="module")
def late() -> Iterator[LatencyModel]:
    """A model that answers some time, on a runtime that all examples share."""
    model = LatencyModel(ScriptedModel(), exponential(3.0))
    with Runtime([model], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop) as runtime:
        model.runtime = runtime
        yield model


def cast(
    late: Any, seed: int, in_flight: int, names: list[list[str]], there: list[str], script: Callable[..., Any]
) -> Came:
    model = late.inner
    late.seed, late.most_in_flight, model.script = seed, 0, script
    model.calls = 0
    model.requests.clear()
    with Simulation(runtime=late.runtime, max_in_flight=in_flight) as simulation:
        for name in there:
            TinyPerson(name)
        factory = TinyPersonFactory("A choir.")
        try:
            people = factory.generate_people(len(names), attempts=len(names[0]))
        except CastingStopped as stopped:
            people = stopped.people
            assert not people
        assert late.most_in_flight <= in_flight
        assert [person.name for person in people] == factory.generated_names
        asked = {request.key.hex() for request, _ in model.requests}
        failed = [failure.ordinal for failure in factory.failures]
        return Came(factory.generated_names, failed, model.calls, asked, simulation.digest())


@st.composite
def answers(draw: st.DrawFn) -> list[list[str]]:
    """Of a few people, the name at each attempt: few names, so that they are often taken."""
    attempts = draw(st.integers(1, 4))
    of_one = st.lists(st.sampled_from((*FEW, UNUSABLE)), min_size=attempts, max_size=attempts)
    return draw(st.lists(of_one, min_size=1, max_size=6))


@settings(max_examples=60)
@given(
    names=answers(),
    there=st.lists(st.sampled_from(("Dee", "Eve", "zoë berg")), unique=True, max_size=2),
    seeds=st.lists(st.integers(0, 1000), min_size=2, max_size=2, unique=True),
    in_flight=st.integers(1, 8),
)
def test_the_people_are_those_of_the_rounds_whatever_the_timing(
    late: Any,
    described: Callable[..., Any],
    attempt_of: Callable[[Any], int],
    names: list[list[str]],
    there: list[str],
    seeds: list[int],
    in_flight: int,
):
    def script(request: Any, call: Any) -> Any:
        name = names[call.turn][attempt_of(request) - 1]
        return {"name": name} if name == UNUSABLE else described(name)

    first = cast(late, seeds[0], 256, names, there, script)
    second = cast(late, seeds[1], in_flight, names, there, script)
    assert first == second
    assert (first.names, first.failed, first.calls) == expected(names, there)
    assert len(set(map(same, first.names))) == len(first.names)
    assert first.calls <= 2 * sum(map(len, names))


def test_factories_of_one_simulation_choose_names_in_the_order_in_which_they_began(described, attempt_of):
    def together(seed: int) -> list[list[str]]:
        def script(request: Any, call: Any) -> Any:
            return described(f"Person {call.turn if attempt_of(request) == 1 else f'{call.person} {call.turn}'}")

        late = LatencyModel(ScriptedModel(script), exponential(1.0), seed)
        with (
            Runtime([late], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop) as runtime,
            Simulation(runtime=runtime),
        ):
            factories = [TinyPersonFactory("A choir.") for _ in range(4)]

            async def all_of_them() -> Any:
                return await asyncio.gather(*(factory.agenerate_people(5) for factory in factories))

            groups = runtime.wait(all_of_them, "all_of_them()")
            assert late.most_in_flight == 20  # while they ask, nobody waits for anybody
            return [[person.name for person in group] for group in groups]

    results = [together(seed) for seed in range(6)]
    assert results[0] == [
        [f"Person {number}" for number in range(5)],
        *([f"Person Factory {factory} {number}" for number in range(5)] for factory in (2, 3, 4)),
    ]
    assert all(result == results[0] for result in results)


def test_calls_at_the_same_time_make_no_more_than_the_population(described):
    def script(request: Any, call: Any) -> Any:
        return described("Ana Lima" if call.turn < 2 else f"Person {call.turn}")

    model = ScriptedModel(script)
    late = LatencyModel(model, exponential(1.0))
    with (
        Runtime([late], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop) as runtime,
        Simulation(runtime=runtime),
    ):
        factory = TinyPersonFactory("A choir.", population_size=6)

        async def at_once() -> Any:
            calls = (factory.agenerate_people(number, attempts=1) for number in (None, None, None, 1))
            return await asyncio.gather(*calls, return_exceptions=True)

        *came, refused = asyncio.run(at_once())
    assert [len(people) for people in came] == [5, 1, 0]  # two of the first want the same name
    assert isinstance(refused, ArgumentError)
    assert len(factory.generated_names) == 6
    assert model.calls == 7


def test_one_factory_casts_one_batch_after_the_other(described):
    model = ScriptedModel(lambda request, call: described(f"Person {call.turn}"))
    late = LatencyModel(model, exponential(1.0))
    with (
        Runtime([late], model="scripted/any", autoload=False, config={}, loop_factory=VirtualLoop) as runtime,
        Simulation(runtime=runtime),
    ):
        factory = TinyPersonFactory("A choir.")

        async def twice() -> Any:
            return await asyncio.gather(factory.agenerate_people(2), factory.agenerate_people(3))

        first, second = asyncio.run(twice())
    assert [person.name for person in (*first, *second)] == [f"Person {number}" for number in range(5)]
    assert late.most_in_flight == 3
