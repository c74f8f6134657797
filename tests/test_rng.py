"""Random streams: named, never shared, hence independent of the order in which anybody draws; and fair."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import TinyMentalFaculty, TinyPerson, TinyWorld, Turn, action
from troupe_core.errors import ArgumentError
from troupe_core.simulation.rng import Stream
from troupe_testing import do, turn

NAMES = list(product((0, 1), ("Ada", "Ben"), ("order", "mood"), (0, 1)))


def draws(stream: Stream, number: int = 8) -> list[int]:
    return [stream.below(10**9) for _ in range(number)]


def chi_square(counts: Counter[int], cells: int) -> float:
    """Deviations from an even distribution, in standard deviations of the statistic."""
    expected = sum(counts.values()) / cells
    statistic = sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))
    return (statistic - (cells - 1)) / math.sqrt(2 * (cells - 1))


@given(st.permutations(NAMES), st.data())
def test_no_stream_depends_on_who_draws_before_or_between(names, data):
    alone = {name: draws(Stream(*name)) for name in NAMES}
    streams = {name: Stream(*name) for name in names}
    drawn: dict[tuple, list[int]] = {name: [] for name in names}
    for _ in range(8):
        for name in data.draw(st.permutations(names)):
            drawn[name].append(streams[name].below(10**9))
    assert drawn == alone


def test_streams_of_different_names_have_nothing_in_common():
    seen = [number for name in NAMES for number in draws(Stream(*name), 50)]
    assert len(set(seen)) > len(seen) * 0.99


def test_names_cannot_run_into_each_other():
    near = [Stream(1, "ab", "c", 0), Stream(1, "a", "bc", 0), Stream(11, "ab", "c", 0), Stream(1, "ab", "c", 10)]
    assert len({tuple(draws(stream)) for stream in near}) == len(near)


def test_draws_are_even_over_cells_bits_and_neighbours():
    stream = Stream(7, "Ada", "evenness", 0)
    assert abs(chi_square(Counter(stream.below(10) for _ in range(20_000)), 10)) < 4
    assert abs(chi_square(Counter(int(stream.random() * 16) for _ in range(20_000)), 16)) < 4
    pairs = Counter(stream.below(6) * 6 + stream.below(6) for _ in range(20_000))
    assert abs(chi_square(pairs, 36)) < 4


def test_first_draws_of_many_streams_are_even_too():
    """Most streams are drawn from once."""
    firsts = Counter(Stream(3, f"Person {n}", "mood", n % 5).below(8) for n in range(16_000))
    assert abs(chi_square(firsts, 8)) < 4
    turns = Counter(Stream(3, "Ada", "mood", n).below(8) for n in range(16_000))
    assert abs(chi_square(turns, 8)) < 4


@given(st.integers(1, 2**64), st.integers(0, 50))
def test_below_stays_within_its_bounds(limit, turn):
    stream = Stream(0, "Ada", "bounds", turn)
    assert all(0 <= stream.below(limit) < limit for _ in range(5))


def test_below_favours_no_number_where_the_limit_does_not_divide_the_range():
    """With 3/4 of 2**64 as the limit a bare remainder would give the lowest third twice as often."""
    limit = 3 * 2**62
    stream = Stream(1, "Ada", "fair", 0)
    thirds = Counter(stream.below(limit) * 3 // limit for _ in range(6_000))
    assert abs(chi_square(thirds, 3)) < 4


@pytest.mark.parametrize("limit", [0, -1, 2**64 + 1])
def test_a_limit_that_leaves_nothing_to_draw_is_refused(limit):
    with pytest.raises(ArgumentError, match="limit"):
        Stream(0, "Ada", "bounds", 0).below(limit)


@given(st.lists(st.integers(), max_size=30), st.integers(0, 99))
def test_shuffle_gives_the_same_things_in_another_order_every_time_the_same(items, turn):
    one, other = list(items), list(items)
    Stream(5, "Ada", "shuffle", turn).shuffle(one)
    Stream(5, "Ada", "shuffle", turn).shuffle(other)
    assert one == other
    assert Counter(one) == Counter(items)


def test_every_order_is_equally_likely():
    orders = {order: place for place, order in enumerate(permutations("abc"))}
    stream = Stream(5, "Ada", "shuffle", 0)
    seen: Counter[int] = Counter()
    for _ in range(6_000):
        items = list("abc")
        stream.shuffle(items)
        seen[orders[tuple(items)]] += 1
    assert abs(chi_square(seen, 6)) < 4


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6), st.integers(0, 20))
def test_randint_and_uniform_stay_between_their_ends(low, width, turn):
    stream = Stream(2, "Ada", "between", turn)
    assert low <= stream.randint(low, low + width) <= low + width
    assert low <= stream.uniform(low, low + width) <= low + width
    assert 0.0 <= stream.random() < 1.0


def test_randint_reaches_both_ends():
    stream = Stream(2, "Ada", "ends", 0)
    assert {stream.randint(1, 3) for _ in range(100)} == {1, 2, 3}


def test_normal_draws_have_the_mean_and_the_deviation_asked_for():
    stream = Stream(2, "Ada", "normal", 0)
    drawn = [stream.gauss(10.0, 2.0) for _ in range(10_000)]
    mean = sum(drawn) / len(drawn)
    deviation = math.sqrt(sum((number - mean) ** 2 for number in drawn) / len(drawn))
    assert abs(mean - 10.0) < 0.1
    assert abs(deviation - 2.0) < 0.1
    assert 0.66 < sum(abs(number - 10.0) < 2.0 for number in drawn) / len(drawn) < 0.71


def test_choice_takes_one_of_the_items_and_in_time_each():
    stream = Stream(2, "Ada", "choice", 0)
    assert {stream.choice("abcd") for _ in range(100)} == set("abcd")


class Dice(TinyMentalFaculty):
    """You have a die:"""

    @action(observe=True)
    async def roll(self, turn: Turn[None]) -> str:
        """roll it."""
        return f"{turn.rng.below(10**12)} and {turn.rng.below(10**12)}"


def rolled(make_simulation, order: list[str], **options) -> dict[str, list[str]]:
    """What everybody rolls in three steps."""
    simulation = make_simulation(
        lambda request, call: turn(do("ROLL")) if call.ordinal == 0 else turn(), seed=options.pop("seed", 0), **options
    )
    TinyWorld("Casino", [TinyPerson(name, mental_faculties=[Dice], simulation=simulation) for name in order]).run(3)
    observed = [fact for fact in simulation.facts if fact.kind == "observation"]
    return {name: [fact.content for fact in observed if fact.thing == name] for name in sorted(order)}


def test_what_somebody_rolls_depends_on_seed_person_and_own_turn_only(make_simulation):
    once = rolled(make_simulation, ["Ada", "Ben", "Cleo"])
    assert once == rolled(make_simulation, ["Cleo", "Ben", "Ada"], max_in_flight=1)
    assert rolled(make_simulation, ["Ada"]) == {"Ada": once["Ada"]}
    assert len({content for contents in once.values() for content in contents}) == 9
    assert rolled(make_simulation, ["Ada"], seed=1)["Ada"] != once["Ada"]
