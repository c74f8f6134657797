"""What checkers know of people, worlds and simulations: results, and the pairs of plain and awaited calls.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_type

from troupe_core import (
    EpisodicMemory,
    Fact,
    Parameters,
    People,
    Recalled,
    Results,
    Row,
    RunReport,
    Runtime,
    Scale,
    Simulation,
    TinyFactory,
    TinyPerson,
    TinyPersonFactory,
    TinyWorld,
    Written,
    current_simulation,
)
from troupe_core.people.prompt import Prompt


def plain(person: TinyPerson, world: TinyWorld) -> None:
    assert_type(person.act(), tuple[Fact, ...])
    assert_type(person.listen_and_act("hello", source=person), tuple[Fact, ...])
    assert_type(person.retrieve_relevant_memories("soup", top_k=3), Sequence[Recalled])
    assert_type(person.prompt(), Prompt)
    assert_type(person.minibio(requirements="short"), Written)
    assert_type(world.run(1), RunReport)
    assert_type(world.run(3, timedelta(hours=1), schedule="random").turns, int)
    assert_type(world.run_months(3, max_failed=0.5), RunReport)
    world.run_months(3, parallelize=True)  # type: ignore[call-arg]


async def awaited(person: TinyPerson, world: TinyWorld) -> None:
    assert_type(await person.aact(), tuple[Fact, ...])
    assert_type(await person.alisten_and_act("hello"), tuple[Fact, ...])
    assert_type(await person.asee_and_act("a hat"), tuple[Fact, ...])
    assert_type(await person.athink_and_act("hm"), tuple[Fact, ...])
    assert_type(await person.aretrieve_relevant_memories("soup"), Sequence[Recalled])
    assert_type(await person.aprompt(), Prompt)
    assert_type(await person.aminibio(), Written)
    assert_type(await world.arun(1), RunReport)
    assert_type(await world.arun_days(1, schedule="sequential"), RunReport)
    turns = world.arun(1).turns  # type: ignore[attr-defined]
    assert turns
    await world.run(1)  # type: ignore[misc]
    await world.arun(steps="three")  # type: ignore[arg-type]
    await world.arun(1, hours=3)  # type: ignore[call-arg]


def cheap(person: TinyPerson, world: TinyWorld) -> None:
    """What cannot call a model returns whom it was said to, so that calls can be chained; it has no twin."""
    assert_type(person.listen("hello").see("a hat").think("hm").move_to("Rome", ["it rains"]), TinyPerson)
    assert_type(person.define("age", 40).change_context(["it rains"]).change_mind(goals="stay dry"), TinyPerson)
    person["age"] = 40
    assert_type(person.define("likes", ["tea"], merge=True).rename("Eve").clear_relationships(), TinyPerson)
    assert_type(
        person.related_to(person, "a friend").clone("Ben").create_new_agent_from_current_spec("Cleo"), TinyPerson
    )
    assert_type(person.save_specification("ada.agent.json", include_memory=True), None)
    assert_type(world.add_agent(person).broadcast("hello").make_everyone_accessible(), TinyWorld)
    assert_type(world.broadcast_thought("hm").broadcast_context_change(["it rains"]).skip_years(1), TinyWorld)
    assert_type(world.skip(2, timedelta(hours=1)).broadcast_internal_goal("rest"), TinyWorld)
    world.askip_days(1)  # type: ignore[attr-defined]
    world.skip_days(days="three")  # type: ignore[arg-type]
    person.alisten("hello")  # type: ignore[attr-defined]
    person.listen(speech=5)  # type: ignore[arg-type]
    person.listen("hello", from_whom="Ben")  # type: ignore[call-arg]
    person.change_context("it rains")  # a text is a sequence of texts, alas: refused when it runs
    world.add_agent("Ada")  # type: ignore[arg-type]
    person.mood = "good"  # type: ignore[attr-defined]
    person.name = "Eve"  # type: ignore[misc]


def read(person: TinyPerson, world: TinyWorld, simulation: Simulation) -> None:
    assert_type(person.name, str)
    assert_type(person.persona, Mapping[str, Any])
    assert_type(person.accessible_agents, list[TinyPerson])
    assert_type(person.memories(), Sequence[Fact])
    assert_type(person.relationships, dict[str, str])
    assert_type(world.agents, People)
    assert_type(world.get_agent_by_name("Ada"), TinyPerson | None)
    assert_type(world.current_datetime, datetime | None)
    assert_type(world.interviewer, TinyPerson | None)
    assert_type(world.kind, str)
    assert_type(simulation.digest(), str)
    assert_type([fact.id for fact in simulation.facts], list[bytes])
    assert_type(current_simulation(), Simulation)
    assert_type("Ada" in simulation, bool)


def asked(person: TinyPerson, people: People) -> None:
    assert_type(person.ask("Well?", fields={"rating": Scale(1, 5)}, remember=True), Row)
    assert_type(person.ask(["Well?", "Why?"], replicates=2), Results)
    assert_type(people.ask("Well?", {"rating": "1..5"}, source="Moderator"), Results)
    person.ask("Well?", model="x/y")  # type: ignore[call-overload]


def several(simulation: Simulation) -> None:
    assert_type(TinyPerson.load_specification("ada.agent.json", model="a/b", simulation=simulation), TinyPerson)
    people = TinyPerson.load_specifications_from_folder("cast", auto_rename_agent=True, tools=["notes"])
    assert_type(people, People)
    assert_type(people["Ada"], TinyPerson)
    assert_type(people[0], TinyPerson)
    assert_type(people[1:], People)
    assert_type(people + people[1:], People)
    assert_type(
        People.from_csv("panel.csv", delimiter=";", memory="episodic") + People.from_jsonl("panel.jsonl"), People
    )
    assert_type(TinyPerson.get_agent_by_name("Ada"), TinyPerson | None)
    TinyPerson.load_specification("ada.agent.json", colour="red")  # type: ignore[call-arg]
    TinyPerson.load_specification(5)  # type: ignore[arg-type]
    People(["Ada"])  # type: ignore[list-item]


def made(runtime: Runtime) -> None:
    with Simulation(seed=7, runtime=runtime, models={"consolidation": ["a/b", "c/d"]}) as simulation:
        assert_type(simulation, Simulation)
        person = TinyPerson("Ada", {"age": 40}, memory=EpisodicMemory(episode=5), model="a/b")
        TinyWorld("Room", [person], initial_datetime="2026-03-02T09:00", broadcast_if_no_target=False)
        TinyWorld("Booth", kind="interview", interviewer=person)
        TinyWorld("Booth", kind="interview", interviewer="Ada")  # type: ignore[arg-type]
    Simulation(parameters=Parameters(temperature=0.5))
    Simulation(seed="7")  # type: ignore[arg-type]
    Parameters(temprature=0.5)  # type: ignore[call-arg]
    EpisodicMemory(episodes=5)  # type: ignore[call-arg]
    TinyPerson({"name": "Ada"})  # type: ignore[arg-type]
    TinyPerson("Ada", persona=5)  # type: ignore[arg-type]
    TinyWorld("Room", ["Ada"])  # type: ignore[list-item]


async def entered(runtime: Runtime) -> None:
    async with Runtime() as opened, Simulation(runtime=runtime) as simulation:
        assert_type(opened, Runtime)
        assert_type(simulation, Simulation)
        await simulation.aend()
        await simulation.aclose()


def cast(factory: TinyPersonFactory) -> None:
    assert_type(factory.generate_person("Sings bass.", temperature=None), TinyPerson | None)
    assert_type(factory.generate_people(3, mental_faculties=["recall"], model="openai/gpt-5")[0], TinyPerson)
    assert_type(TinyPersonFactory.create_factory_from_demography({"age": {"20": 1}}, 50), TinyPersonFactory)
    assert_type(TinyPersonFactory.generate_person_factories(2, "A choir."), list[TinyPersonFactory] | None)
    assert_type(TinyFactory.all_factories, dict[str, TinyFactory])
    assert_type(factory.encode_complete_state(), dict[str, Any])
    assert_type(factory.decode_complete_state({}), TinyPersonFactory)
    factory.generate_people("three")  # type: ignore[arg-type]
    factory.generate_people(3, persona={})  # type: ignore[call-arg]


class Passengers(TinyPersonFactory):
    """What it makes is of its kind."""


def cast_passengers() -> None:
    assert_type(Passengers.create_factory_from_demography({"age": {"20": 1}}), Passengers)
    assert_type(Passengers.generate_person_factories(2, "A ferry."), list[Passengers] | None)


async def cast_awaited(factory: TinyPersonFactory) -> None:
    assert_type(await factory.agenerate_person(), TinyPerson | None)
    assert_type((await factory.agenerate_people())[0], TinyPerson)
