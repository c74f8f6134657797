"""Keys: one spelling for each value, the same in every process; and what a request's name depends on, and what not."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from enum import Enum, IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import (
    BackendSpec,
    Call,
    EpisodicMemory,
    FacultySpec,
    MemorySpec,
    Message,
    Parameters,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    Turn,
    action,
    hookimpl,
)
from troupe_core.errors import ArgumentError
from troupe_core.keys import DIGEST_SIZE, NOTHING, canonical, digest, digest_of, roll
from troupe_core.llm.request import Form, LLMRequest
from troupe_testing import ScriptedModel

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    leaves | texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


def reordered(value: Any) -> Any:
    """The same value, every dictionary filled in the opposite order."""
    if isinstance(value, dict):
        return {key: reordered(item) for key, item in reversed(value.items())}
    return [reordered(item) for item in value] if isinstance(value, list) else value


# -- canonical -------------------------------------------------------------------------------------------------------


@given(values)
def test_a_value_comes_back_from_its_canonical_bytes(value):
    assert orjson.loads(canonical(value)) == value


@given(values)
def test_the_order_in_which_keys_were_added_does_not_matter(value):
    assert canonical(reordered(value)) == canonical(value)


@given(st.sets(texts, max_size=6), st.randoms(use_true_random=False))
def test_sets_are_sorted(members, random):
    shuffled = sorted(members)
    random.shuffle(shuffled)
    assert canonical(set(shuffled)) == canonical(frozenset(members)) == canonical(sorted(members, key=orjson.dumps))


def test_sets_of_unlike_things_are_sorted_by_their_spelling():
    mixed = [1, "1", None, False, (2, 3), 0.5, "é"]
    assert orjson.loads(canonical(set(mixed))) == ["1", "é", 0.5, 1, [2, 3], False, None]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ((1, 2), "[1,2]"),
        (datetime(2026, 3, 2, 9), '"2026-03-02T09:00:00"'),  # noqa: DTZ001 - simulated time has no zone
        (date(2026, 3, 2), '"2026-03-02"'),
        (time(9, 30), '"09:30:00"'),
        (timedelta(minutes=1, milliseconds=500), "60.5"),
        (b"\x00\xff", '{"$bytes":"00ff"}'),
        (range(3), "[0,1,2]"),
        ({"b": 1, "a": {"d": 1, "c": 2}}, '{"a":{"c":2,"d":1},"b":1}'),
        ("naïve 漢字 \u2028 {{x}}", '"naïve 漢字 \u2028 {{x}}"'),
    ],
)
def test_the_usual_types_have_a_plain_spelling(value, spelled):
    assert canonical(value).decode() == spelled


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Name(str):
    __slots__ = ()


@attrs.frozen
class Point:
    x: float
    y: Any = None


@attrs.frozen
class Pair:
    x: float
    y: Any = None


def test_enums_and_subclasses_are_spelled_as_what_they_stand_for():
    assert canonical([Colour.RED, Size.BIG, Name("Ada")]) == b'["red",3,"Ada"]'


def test_attrs_classes_are_spelled_with_their_name():
    assert canonical(Point(1.0, (Colour.RED,))) == b'{"$type":"Point","x":1.0,"y":["red"]}'
    assert canonical(Point(1.0)) != canonical(Pair(1.0))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, float("nan")]}, "spec.a[1] is nan"),
        ({"a": float("inf")}, "spec.a is inf"),
        ([-float("inf")], "spec[0] is -inf"),
        (2**63, "spec is an integer beyond 64 bits"),
        ({"a": {"b": -(2**63) - 1}}, "spec.a.b is an integer beyond 64 bits"),
        ({"a": {1: "x"}}, "spec.a has the key 1"),
        ({"a": [object()]}, "spec.a[0] is of type builtins.object"),
        ({"a": lambda: 0}, "spec.a is of type builtins.function"),
        ({"a": 1j}, "spec.a is of type builtins.complex"),
        ({"a": {float("nan")}}, "spec.a{…} is nan"),
        (Point(0.0, float("nan")), "spec.y is nan"),
        (Point(0.0, [Pair(float("inf"))]), "spec.y[0].x is inf"),
        ({"file": Path("data.csv")}, "spec.file is a path"),
        ("half \ud83d", "spec cannot be written as JSON"),
        ({"a": {"b": "half \ud83d"}}, "spec cannot be written as JSON"),
    ],
)
def test_what_has_no_single_spelling_is_refused_with_its_place(value, words):
    with pytest.raises(ArgumentError) as caught:
        canonical(value, "spec")
    assert words in str(caught.value)


def test_what_contains_itself_is_refused_by_name():
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ArgumentError, match="spec"):
        canonical({"a": endless}, "spec")


def test_the_limits_of_64_bits_themselves_are_fine():
    assert orjson.loads(canonical([2**63 - 1, -(2**63)])) == [2**63 - 1, -(2**63)]


# -- digests ---------------------------------------------------------------------------------------------------------

parts = st.lists(st.binary(max_size=6), max_size=4)
tags = st.sampled_from([b"one", b"two"])


@given(tags, parts, tags, parts)
def test_digests_are_framed_and_tagged(tag, some, other_tag, others):
    assert (digest(tag, *some) == digest(other_tag, *others)) == ((tag, some) == (other_tag, others))


def test_parts_cannot_run_into_each_other():
    split = [digest(b"t", *way) for way in ((b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", b""), (b"1:a2:bc",))]
    assert len(set(split)) == len(split)
    assert {len(each) for each in split} == {DIGEST_SIZE}


def test_a_rolling_digest_tells_order_and_number():
    one, two = digest(b"t", b"1"), digest(b"t", b"2")
    chains = [roll(roll(NOTHING, one), two), roll(roll(NOTHING, two), one), roll(NOTHING, one), roll(one, NOTHING)]
    assert len(set(chains)) == len(chains)


def test_a_value_that_knows_its_digest_is_asked_for_it():
    @attrs.frozen
    class Knowing:
        digest: bytes = b"my own"

    assert digest_of(Knowing()) == b"my own"
    assert digest_of([1, 2]) == digest_of((1, 2)) != digest_of([2, 1])


ELSEWHERE = """
from datetime import date
import attrs
from troupe_core import Message, Parameters
from troupe_core.keys import canonical, digest, digest_of
from troupe_core.llm.request import Form, LLMRequest
from troupe_core.simulation.rng import Stream

@attrs.frozen
class Sample:
    names: frozenset
    more: dict

names = frozenset(f"name {n}" for n in range(50)) | {"é", "漢字"}
sample = Sample(names, {name: {name, len(name), None} for name in names})
value = {"sample": sample, "when": date(2026, 3, 2), "names": set(names)}
request = LLMRequest(
    Form("a/b", Parameters(extra={name: 1 for name in names}), "turn", {name: [name] for name in names}),
    (Message("system", "é"), Message("user", "hi")), 3, "Ada",
)
stream = Stream(7, "Ada", "order", 3)
print(canonical(value).hex(), digest_of(value).hex(), request.key.hex(), stream.random(), stream.below(10**9))
"""


def test_keys_and_streams_are_the_same_in_processes_that_hash_differently():
    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", ELSEWHERE], env=environment, check=True, capture_output=True, text=True
        ).stdout

    first = run("1")
    assert len(first.split()) == 5
    assert first == run("4242")


# -- requests --------------------------------------------------------------------------------------------------------

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}
WARM = Parameters(temperature=0.5)
MESSAGES = (Message("system", "You are Ada."), Message("user", "hi"))


def asked(
    model: str = "a/b",
    parameters: Parameters = WARM,
    schema: Any = SCHEMA,
    messages: tuple[Message, ...] = MESSAGES,
    draw: int = 0,
    lane: str = "Ada",
    tools: tuple[Any, ...] = (),
) -> LLMRequest:
    return LLMRequest(Form(model, parameters, "turn", schema, tools), messages, draw, lane)


DIFFERENT = {
    "model": asked(model="a/c"),
    "backend": asked(model="b/b"),
    "temperature": asked(parameters=Parameters(temperature=0.6)),
    "no parameters": asked(parameters=Parameters()),
    "top_p": asked(parameters=Parameters(temperature=0.5, top_p=0.9)),
    "max_tokens": asked(parameters=Parameters(temperature=0.5, max_tokens=9)),
    "seed": asked(parameters=Parameters(temperature=0.5, seed=1)),
    "stop": asked(parameters=Parameters(temperature=0.5, stop=("END",))),
    "extra": asked(parameters=Parameters(temperature=0.5, extra={"reasoning": "low"})),
    "schema": asked(schema={**SCHEMA, "required": ["a"]}),
    "no schema": asked(schema=None),
    "tools": asked(tools=({"name": "look"},)),
    "draw": asked(draw=1),
    "lane": asked(lane="Ben"),
    "no lane": asked(lane=""),
    "content": asked(messages=(MESSAGES[0], Message("user", "hi!"))),
    "role": asked(messages=(MESSAGES[0], Message("assistant", "hi"))),
    "order": asked(messages=MESSAGES[::-1]),
    "one more": asked(messages=(*MESSAGES, Message("user", ""))),
    "one less": asked(messages=MESSAGES[:1]),
    "joined": asked(messages=(Message("system", "You are Ada.hi"),)),
}


def test_a_request_is_named_by_everything_that_changes_the_answer():
    keys = {asked().key, *(request.key for request in DIFFERENT.values())}
    assert len(keys) == len(DIFFERENT) + 1


def test_a_request_is_named_by_content_and_not_by_how_it_was_made():
    shuffled = {"properties": {"b": {"type": "number"}, "a": {"type": "string"}}, "type": "object"}
    extra = {"x": 1, "y": 2}
    again = asked(schema=shuffled, messages=tuple(Message(m.role, "".join(m.content)) for m in MESSAGES))
    assert again.key == asked().key
    one, other = (asked(parameters=Parameters(extra=dict(items))) for items in (extra.items(), [*extra.items()][::-1]))
    assert one.key == other.key


def test_draw_and_lane_cannot_run_into_each_other_or_into_the_messages():
    keys = [asked(draw=draw, lane=lane).key for draw, lane in ((1, "1"), (11, ""), (1, ""), (1, "11"), (111, ""))]
    assert len(set(keys)) == len(keys)


def test_no_field_of_a_request_is_left_out_of_its_key_and_nobody_who_asks_is_in_it():
    """A request has no room for anything else; who asks is in the Call, and two callers' requests are equal."""
    assert {f.name for f in attrs.fields(LLMRequest)} == {"form", "messages", "draw", "lane", "key"}
    named = {"model", "parameters", "schema_name", "schema", "tools", "digest"}
    assert {f.name for f in attrs.fields(Form)} == named
    assert not {f.name for f in attrs.fields(Call)} & {*named, "messages", "draw", "lane"}


def test_equal_turns_in_different_worlds_steps_and_simulations_ask_the_same_request(make_simulation):
    """Wall time, position, world, step and population are in no key."""

    def first_key(world: str, others: int, earlier_steps: int) -> bytes:
        simulation = make_simulation()
        people = [TinyPerson(f"Other {n}", simulation=simulation) for n in range(others)]
        place = TinyWorld(world, [*people, TinyPerson("Extra", simulation=simulation)])
        if earlier_steps:
            place.run(earlier_steps)
        ada = TinyPerson("Ada", {"age": 50}, simulation=simulation)
        place.add_agent(ada)
        ada.listen("Good morning.", "Ben")
        place.run(1)
        requests = simulation.runtime.model_under_test.requests
        return next(request.key for request, call in requests if call.person == "Ada")

    keys = {first_key("Town", 0, 0), first_key("Village", 3, 2)}
    assert len(keys) == 1


@given(st.lists(texts, min_size=2, max_size=5, unique=True))
def test_messages_of_different_content_have_different_digests(contents):
    digests = [Message("user", content).digest for content in contents]
    assert all(one != other for one, other in pairwise(sorted(digests)))


# -- outcomes --------------------------------------------------------------------------------------------------------


class Keys:
    """A plugin that keeps the keys of all transactions, by kind."""

    def __init__(self) -> None:
        self.seen: dict[str, list[bytes]] = {}

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(self, kind: str) -> Any:
        inner = yield

        async def handler(tx: Any) -> Any:
            self.seen.setdefault(kind, []).append(tx.key)
            return await inner(tx)

        return handler


@attrs.frozen
class Gravity:
    """Settings of a faculty."""

    weight: int = 1


def musing(version: int = 1) -> type[TinyMentalFaculty]:
    """A faculty of that version; nothing else about it changes."""

    class Musing(TinyMentalFaculty, config=Gravity):
        """You muse:"""

        cache_version = version

        @action
        async def muse(self, turn: Turn[Any], about: str) -> None:
            """muse about something."""

    return Musing


def diary(version: int = 1) -> EpisodicMemory:
    """A memory of that version, each of whose turns is an episode."""

    @attrs.frozen
    class Diary(EpisodicMemory):
        cache_version = version

    return Diary(episode=1)


class Backends:
    """A plugin with a backend of that version, and one that hardly anybody asks."""

    def __init__(self, version: int = 1, other: int = 1) -> None:
        self.versions = {"mine": version, "other": other}

    @hookimpl
    def troupe_register_llm_backends(self) -> Any:
        for name, version in self.versions.items():
            yield BackendSpec(name, ScriptedModel, cache_version=version)


class Uninvolved:
    """A plugin with all sorts of things that nobody uses, and an observer."""

    @hookimpl
    def troupe_register_llm_backends(self) -> Any:
        yield BackendSpec("unused", ScriptedModel, cache_version=7)

    @hookimpl
    def troupe_register_faculties(self) -> Any:
        yield FacultySpec("unused", musing(7))

    @hookimpl
    def troupe_register_memories(self) -> Any:
        yield MemorySpec("unused", lambda **given: diary(7))

    @hookimpl
    def troupe_event(self, event: Any) -> None:
        """Looks on."""


def outcomes(make_runtime: Any, changes: dict[str, Any]) -> dict[str, bytes]:
    """The keys of one and the same turn and of what it leaves behind, but for what takes part."""
    given = {"faculty": musing(), "memory": diary(), "backends": Backends(), "models": {}, "more": (), **changes}
    keys = Keys()
    runtime = make_runtime(
        plugins=[given["faculty"], given["backends"], keys, *given["more"]],
        model="mine/x",
        settings=given.get("settings"),
    )
    simulation = Simulation(
        runtime=runtime, seed=given.get("seed", 0), models=given["models"], parameters=given.get("parameters")
    )
    ada = TinyPerson("Ada", mental_faculties=["musing"], memory=given["memory"], simulation=simulation)
    ada.listen_and_act("hello")
    simulation.end()
    assert {kind: len(seen) for kind, seen in keys.seen.items()} == {"turn": 1, "consolidation": 1}
    return {kind: seen[0] for kind, seen in keys.seen.items()}


BOTH = ("turn", "consolidation")
TAKING_PART: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a setting of a faculty": (lambda: {"settings": {"musing": {"weight": 2}}}, ("turn",)),
    "the version of a faculty": (lambda: {"faculty": musing(2)}, ("turn",)),
    "a setting of the memory": (lambda: {"memory": attrs.evolve(diary(), keep=2_999)}, BOTH),
    "the version of the memory": (lambda: {"memory": diary(2)}, BOTH),
    "the version of the backend": (lambda: {"backends": Backends(2)}, BOTH),
    "the model of turns": (lambda: {"models": {"turn": "mine/y"}}, ("turn",)),
    "the model of consolidations": (lambda: {"models": {"consolidation": "mine/y"}}, BOTH),
    "the model of something a faculty may ask": (lambda: {"models": {"consult": "mine/y"}}, BOTH),
    "another model of that": (lambda: {"models": {"consult": "mine/z"}}, BOTH),
    "a second candidate": (lambda: {"models": {"consult": ["mine/z", "other/z"]}}, BOTH),
    "the version of that candidate's backend": (
        lambda: {"models": {"consult": ["mine/z", "other/z"]}, "backends": Backends(other=2)},
        BOTH,
    ),
    "the temperature": (lambda: {"parameters": Parameters(temperature=0.5)}, BOTH),
    "another temperature": (lambda: {"parameters": Parameters(temperature=0.6)}, BOTH),
    "the number of tokens": (lambda: {"parameters": Parameters(max_tokens=900)}, BOTH),
    "the seed": (lambda: {"seed": 1}, BOTH),
}


def test_an_outcome_is_named_by_everything_that_takes_part_in_it(make_runtime):
    found = {"": outcomes(make_runtime, {})}
    for what, (changes, kinds) in TAKING_PART.items():
        found[what] = outcomes(make_runtime, changes())
        for kind in kinds:
            same = [other for other in found if other != what and found[other][kind] == found[what][kind]]
            assert same == [], f"{kind}: {what}"


def test_an_outcome_is_not_named_by_what_takes_no_part_in_it(make_runtime):
    usual = outcomes(make_runtime, {})
    assert outcomes(make_runtime, {}) == usual
    assert outcomes(make_runtime, {"more": [Uninvolved()]}) == usual
    assert outcomes(make_runtime, {"backends": Backends(other=2)}) == usual
    assert outcomes(make_runtime, {"parameters": Parameters()}) == usual
