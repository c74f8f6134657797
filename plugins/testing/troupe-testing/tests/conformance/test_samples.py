"""Arguments that the kit makes up are always such as the schema of an action allows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from attrs import frozen
from msgspec import Meta

from troupe_core import Simulation, TinyMentalFaculty, TinyPerson, action
from troupe_testing.conformance.samples import actions_in, order, strange, strange_orders, typed


@frozen
class Parcel:
    weight: float
    to: list[str]


class Post(TinyMentalFaculty):
    """You can post things."""

    @action
    async def post(
        self,
        turn: Any,
        what: Parcel,
        times: Annotated[int, Meta(ge=5, lt=9)],
        share: Annotated[float, Meta(gt=0.0, le=1.0)],
        code: Annotated[str, Meta(pattern="^a+$")],
        label: Annotated[str, Meta(min_length=2, max_length=20)],
        how: Literal["slowly", "at once"],
        stamps: Annotated[list[int], Meta(min_length=1, max_length=3)],
        pair: tuple[int, str],
        note: str | None = None,
        tracked: bool = False,
    ) -> None:
        """post it."""

    @action
    async def wait(self, turn: Any) -> None:
        """wait."""


@pytest.fixture
def offered(make_runtime):
    runtime = make_runtime()
    TinyPerson("Ada", mental_faculties=[Post], simulation=Simulation(runtime=runtime)).act()
    request, _ = runtime.model_under_test.requests[0]
    return actions_in(request.schema)


def test_the_actions_of_a_turn_are_found_with_their_parameters(offered):
    assert {*offered} == {"TALK", "THINK", "REACH_OUT", "DONE", "POST", "WAIT"}
    assert [*offered["POST"]] == [*Post.actions[0].parameters]
    assert all(map(typed, offered["POST"].values()))
    assert order("WAIT", offered["WAIT"]) == {"type": "WAIT"}


def test_whatever_is_made_up_fits_the_types(offered):
    usual = order("POST", offered["POST"])
    fields = [(name, kind) for name, (kind, _) in Post.actions[0].parameters.items()]
    struct = msgspec.defstruct("Post", fields)
    orders = [usual, *strange_orders(usual, offered["POST"])]
    assert len(orders) > 25
    for each in orders:
        given = {name: value for name, value in each.items() if name != "type"}
        msgspec.json.decode(msgspec.json.encode(given), type=struct)


def test_what_nobody_thinks_of_is_among_it(offered):
    assert {"", None} <= {*strange(offered["POST"]["note"])}
    assert strange(offered["POST"]["tracked"]) == [False, True]
    assert strange(offered["POST"]["how"]) == ["at once", "slowly"]
    assert [] not in strange(offered["POST"]["stamps"])


@pytest.mark.parametrize("vague", [{}, {"description": "what?"}, {"type": "array"}, {"anyOf": [{"type": "null"}, {}]}])
def test_a_schema_that_says_nothing_is_known_by_it(vague):
    assert not typed(vague)
