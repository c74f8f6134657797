"""The clock of a world: steps of one length, time that is skipped, months as the calendar has them."""

from __future__ import annotations

import asyncio
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_core import EpisodicMemory, RunReport, Simulation, TinyPerson, TinyWorld
from troupe_core.errors import ArgumentError, SimulationEnded
from troupe_core.events import MEMORY
from troupe_core.worlds.pace import PACES, Months, moved
from troupe_core.worlds.state import WorldState
from troupe_testing import talk, turn

BEGIN = "2026-01-31T09:00"
UNITS = {
    "minutes": "2026-01-31T09:03",
    "hours": "2026-01-31T12:00",
    "days": "2026-02-03T09:00",
    "weeks": "2026-02-21T09:00",
    "months": "2026-04-30T09:00",
    "years": "2029-01-31T09:00",
}
"""And what the clock shows after three of them."""


def says(request: Any, call: Any) -> Any:
    if call.purpose == "consolidation":
        return {"memories": ["What a day."]}
    return turn(talk(f"{call.person} {call.turn}"))


def office(simulation: Simulation, begin: str | None = BEGIN, **options: Any) -> TinyWorld:
    people = [TinyPerson(name, simulation=simulation) for name in ("Ada", "Ben")]
    return TinyWorld("Office", people, initial_datetime=begin, **options)


def shown(simulation: Simulation) -> list[str]:
    """The time in each prompt of Ada's."""
    asked = simulation.runtime.model_under_test.requests  # type: ignore[attr-defined]
    blocks = [
        request.messages[-1].content for request, call in asked if call.person == "Ada" and call.purpose == "turn"
    ]
    return [block.partition("It is ")[2].partition(".\n")[0] for block in blocks]


# -- families --------------------------------------------------------------------------------------------------------


def test_there_is_a_method_for_every_unit_of_each_family():
    for family in ("run", "arun", "skip"):
        named = {name.removeprefix(f"{family}_") for name in dir(TinyWorld) if name.startswith(f"{family}_")}
        assert named == set(PACES) == set(UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_steps_of_one_length_are_steps(make_simulation, unit):
    simulation = make_simulation(says)
    world = office(simulation)
    report = getattr(world, f"run_{unit}")(3)
    assert isinstance(report, RunReport)
    assert (report.steps, report.turns, world.state.step) == (3, 6, 3)
    assert world.current_datetime == datetime.fromisoformat(UNITS[unit])


@pytest.mark.parametrize("unit", UNITS)
def test_awaited_they_are_the_same(make_simulation, unit):
    plain, awaited = (office(make_simulation(says)) for _ in range(2))
    getattr(plain, f"run_{unit}")(2, schedule="sequential")
    report = asyncio.run(getattr(awaited, f"arun_{unit}")(2, schedule="sequential"))
    assert report.steps == 2
    assert awaited.simulation.digest() == plain.simulation.digest()


@pytest.mark.parametrize("unit", UNITS)
def test_what_is_skipped_moves_the_clock_as_far_and_is_no_step(make_simulation, unit):
    simulation = make_simulation(says)
    world = office(simulation)
    assert getattr(world, f"skip_{unit}")(3) is world
    assert world.current_datetime == datetime.fromisoformat(UNITS[unit])
    assert (world.state.step, list(simulation.facts)) == (0, [])
    assert shown(simulation) == []


def test_run_hours_is_a_run_with_an_hour_a_step(make_simulation):
    one, other = (office(make_simulation(says)) for _ in range(2))
    one.run_hours(3)
    other.run(3, timedelta(hours=1))
    assert one.simulation.digest() == other.simulation.digest()


def test_skip_is_a_length_of_time_so_many_times(make_simulation):
    world = office(make_simulation(says))
    assert world.skip(5, timedelta(minutes=90)).current_datetime == datetime.fromisoformat("2026-01-31T16:30")


def test_the_schedule_and_the_share_that_may_fail_are_those_of_run(make_simulation):
    simulation = make_simulation(says)
    office(simulation).run_days(1, schedule="sequential", max_failed=0)
    assert "Ada 0" in simulation.runtime.model_under_test.requests[1][0].messages[-1].content
    with pytest.raises(ArgumentError, match=r"schedule must be one of .*'whenever'"):
        simulation["Office"].run_days(1, schedule="whenever")
    with pytest.raises(ArgumentError, match=r"max_failed is a share .*7"):
        simulation["Office"].run_days(1, max_failed=7)


def test_what_was_skipped_is_seen_at_the_next_turn_and_delays_nothing(make_simulation):
    """What an episode leaves behind is taken in two steps later, however much time has passed."""
    simulation = make_simulation(says)
    ada = TinyPerson("Ada", memory=EpisodicMemory(episode=2), simulation=simulation)
    world = TinyWorld("Office", [ada], initial_datetime=BEGIN)
    remembered = []
    for skipped in (False, True, True, True):
        world.run(1)
        remembered.append([fact.content for fact in ada.memories() if fact.kind == MEMORY])
        if skipped:
            world.skip_weeks(1)
    assert remembered == [[], [], [], ["What a day."]]
    assert shown(simulation)[-1] == "Saturday 14 February 2026, 09:00"


# -- the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [[3], [1, 2], [2, 1], [1, 1, 1]])
def test_a_month_from_the_31st_is_the_last_day_and_the_next_one_the_31st_however_runs_are_cut(make_simulation, cut):
    simulation = make_simulation(says)
    world = office(simulation)
    for months in cut:
        world.run_months(months)
    assert shown(simulation) == [
        "Saturday 28 February 2026, 09:00",
        "Tuesday 31 March 2026, 09:00",
        "Thursday 30 April 2026, 09:00",
    ]


def test_years_from_the_29th_of_february_come_back_to_it(make_simulation):
    world = office(make_simulation(says), "2024-02-29T08:00")
    seen = [world.skip_years(1).current_datetime for _ in range(4)]
    assert [moment.date().isoformat() for moment in seen if moment] == [
        "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29",
    ]  # fmt: skip


def test_the_day_that_was_meant_is_forgotten_when_the_clock_moves_in_another_way(make_simulation):
    world = office(make_simulation(says))
    world.skip_months(1).skip_hours(1).skip_months(1)
    assert world.current_datetime == datetime.fromisoformat("2026-03-28T10:00")
    world.skip(1, timedelta(days=3))
    assert world.skip_months(1).current_datetime == datetime.fromisoformat("2026-04-30T10:00")
    world.run(1)  # the clock stands still, and nothing is forgotten
    assert world.skip_months(1).current_datetime == datetime.fromisoformat("2026-05-31T10:00")


moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([None, UTC]))  # noqa: DTZ001
parts = st.lists(st.sampled_from([PACES["months"], PACES["years"], Months(5)]), min_size=1, max_size=12)


@given(moments, parts)
def test_months_are_counted_from_the_beginning_whatever_they_are_cut_into(begin, paces):
    world = WorldState("Office", begin)
    for pace in paces:
        world = moved(world, pace)
    number = sum(pace.number for pace in paces)
    whole = moved(WorldState("Office", begin), Months(number))
    assert (world.now, world.day) == (whole.now, whole.day)
    assert world.now is not None
    assert (world.now.year - begin.year) * 12 + world.now.month - begin.month == number
    assert world.now.day == min(begin.day, monthrange(world.now.year, world.now.month)[1])
    assert world.now.timetz() == begin.timetz()


@given(moments, st.sampled_from(sorted(PACES)), st.integers(1, 40))
def test_so_many_times_at_once_is_one_after_the_other(begin, unit, times):
    at_once = one_by_one = WorldState("Office", begin)
    at_once = moved(at_once, PACES[unit], times)
    for _ in range(times):
        one_by_one = moved(one_by_one, PACES[unit])
    assert at_once.digest == one_by_one.digest


# -- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("number", [0, -2, 1.5, "3", True, None])
def test_a_number_that_is_none_is_an_error_that_names_it_and_changes_nothing(make_simulation, unit, number):
    world = office(make_simulation(says))
    before = world.simulation.digest()
    for method in (getattr(world, f"run_{unit}"), getattr(world, f"skip_{unit}")):
        with pytest.raises(ArgumentError, match=f"{unit} must be a whole number from 1 on, not {number!r}"):
            method(number)
    assert world.simulation.digest() == before


def test_a_bad_skip_is_an_error_that_names_the_argument(make_simulation):
    world = office(make_simulation(says))
    with pytest.raises(ArgumentError, match="steps must be a whole number from 1 on, not 0"):
        world.skip(0, timedelta(days=1))
    with pytest.raises(ArgumentError, match="timedelta_per_step must be a timedelta, not 3"):
        world.skip(1, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", UNITS)
def test_without_a_clock_nothing_can_move_it(make_simulation, unit):
    world = office(make_simulation(says), None)
    before = world.simulation.digest()
    for method in (getattr(world, f"run_{unit}"), getattr(world, f"skip_{unit}")):
        with pytest.raises(ArgumentError, match="'Office' has no clock that could move on: give it an initial_date"):
            method(1)
    assert world.simulation.digest() == before


@pytest.mark.parametrize("unit", ["days", "months", "years"])
def test_beyond_the_calendar_nothing_moves(make_simulation, unit):
    world = office(make_simulation(says), "9999-12-31T23:00")
    before = world.simulation.digest()
    for method in (getattr(world, f"run_{unit}"), getattr(world, f"skip_{unit}")):
        for number in (1, 10**30):
            with pytest.raises(ArgumentError, match="the clock of 'Office' cannot move beyond the calendar"):
                method(number)
    assert world.simulation.digest() == before


def test_in_a_simulation_that_has_ended_time_stands_still(make_simulation):
    world = office(make_simulation(says))
    world.simulation.end()
    with pytest.raises(SimulationEnded):
        world.skip_days(1)
    assert world.current_datetime == datetime.fromisoformat(BEGIN)


# -- on record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["db", "json"])
def test_time_that_was_skipped_is_on_record_with_the_day_that_months_mean(make_runtime, tmp_path: Path, suffix):
    path, runtime = tmp_path / f"study.{suffix}", make_runtime(says)
    with Simulation(path, runtime=runtime) as simulation:
        office(simulation).run_months(1)
        simulation.checkpoint("february")
        simulation["Office"].skip_months(2)
        digest = simulation.digest()
    with Simulation.resume(path, runtime=runtime) as simulation:
        assert simulation["Office"].current_datetime == datetime.fromisoformat("2026-04-30T09:00")
        assert simulation.digest() == digest
        fork = simulation.fork("other", at="february")
        assert fork["Office"].run_months(1).turns == 2
        assert fork["Office"].current_datetime == datetime.fromisoformat("2026-03-31T09:00")
        fork.end()


def test_a_run_that_is_made_again_finds_its_turns_by_the_time_they_were_had_at(make_runtime, tmp_path: Path):
    runtime = make_runtime(says)
    digests = []
    for _ in range(2):
        with Simulation(tmp_path / "study.db", runtime=runtime) as simulation:
            world = office(simulation)
            world.run_months(2)
            world.skip_days(3).run_years(1)
            digests.append(simulation.digest())
    assert digests[0] == digests[1]
    assert runtime.model_under_test.calls == 6  # the second program asked nothing
