"""What becomes of a question: asked again, refused, given up, let through; on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from troupe_core import (
    AuthenticationError,
    BadRequest,
    Budget,
    BudgetExceeded,
    LLMResponse,
    ModelTimeout,
    ModelUnavailable,
    Parameters,
    RateLimited,
    Remark,
    Simulation,
    TinyPerson,
    hookimpl,
)


def down(text: str = "down") -> ModelUnavailable:
    return ModelUnavailable(text, status=500)


async def many(at: Any, count: int, simulation: str = "a simulation", **form: Any) -> list[Any]:
    """Answers to so many questions at once, and errors."""
    asking = (at.ask(simulation, f"Question {number}?", **form) for number in range(count))
    return await asyncio.gather(*asking, return_exceptions=True)


# -- once more -------------------------------------------------------------------------------------------------------


def test_what_may_succeed_the_next_time_is_asked_again_each_time_after_up_to_twice_as_long(stage: Any):
    at = stage()
    at.provider.plan = [down() for _ in range(6)]
    assert at.asking().text == "It is I."
    pauses = [after - before for before, after in pairwise(at.provider.asked)]
    assert all(0 < pause <= 2**number for number, pause in enumerate(pauses))
    assert len(set(pauses)) == 6
    assert (at.stats.attempts, at.stats.retries) == (7, 6)


def test_what_cannot_succeed_is_asked_once(stage: Any):
    at = stage()
    for error in (BadRequest("no", status=400), AuthenticationError("no", status=401), ValueError("a bug")):
        at.provider.plan = [error]
        assert at.asking() is error
        assert not hasattr(error, "__notes__") or "attempts" not in " ".join(error.__notes__)
    assert at.stats.retries == 0


def test_who_has_asked_often_enough_is_told_how_often(stage: Any):
    at = stage(attempts=3)
    at.provider.plan = [down(f"down {number}") for number in range(9)]
    error = at.asking()
    assert str(error) == "down 2"
    assert error.__notes__ == ["It was asked 3 times (settings.resilience.attempts)."]


def test_the_provider_says_how_long_to_wait(stage: Any):
    at = stage()
    at.provider.plan = [RateLimited("later", status=429, retry_after=42.0)]
    assert at.asking().text == "It is I."
    before, after = at.provider.asked
    assert 42 <= after - before <= 43


def test_who_would_have_to_wait_too_long_is_told_for_how_long(stage: Any):
    at = stage(longest_wait=60)
    at.provider.plan = [RateLimited("tomorrow", status=429, retry_after=3600.0)]
    error = at.asking()
    assert str(error) == "tomorrow"
    assert "wants 3600 s to pass" in error.__notes__[0]
    assert "longer than 60 s (settings.resilience.longest_wait)" in error.__notes__[0]


def test_a_stream_is_asked_for_again_before_its_first_piece_and_not_after(stage: Any):
    at = stage()
    at.provider.plan = [down(), 0.1]
    assert at.run(at.stream) == ["It ", "is I."]
    at.provider.plan = [0.1, down("broken off")]
    assert list(map(str, at.run(at.stream))) == ["It ", "broken off"]
    assert (at.stats.attempts, at.stats.retries, at.stats.under_way) == (3, 1, 0)


def test_whoever_watches_is_told_and_not_a_thousand_times(stage: Any, caplog: Any):
    told: list[Remark] = []

    class Watching:
        @hookimpl
        def troupe_event(self, event: Any) -> None:
            told.extend([event] if isinstance(event, Remark) else [])

    at = stage(Watching())
    at.provider.plan = [down() for _ in range(100)]
    at.run(lambda: many(at, 100))
    assert not told, "nobody has waited long"
    at.provider.plan = [RateLimited("later", status=429, retry_after=42.0) for _ in range(100)]
    at.run(lambda: many(at, 100))
    assert (told[0].simulation, told[0].thing) == ("a simulation", "Ada")
    assert "provider/any is asked again in 42 s (attempt 2 of 8), since it failed: later" in told[0].text
    assert 1 <= len(told) == len(caplog.records) <= 5
    at.provider.plan = [RateLimited("later", status=429, retry_after=42.0)]
    at.asking("another simulation")
    assert list(at.plugin._told) == ["another simulation"], "of a thousand others, nothing is kept"


# -- the breaker -----------------------------------------------------------------------------------------------------


def test_a_provider_that_has_been_failing_for_a_while_is_left_alone_then_tried_by_one(stage: Any):
    at = stage(breaker_failures=5, breaker_seconds=10, breaker_pause=30, attempts=100, longest_wait=4)

    async def story() -> list[Any]:
        at.provider.plan = [down() for _ in range(1_000)]
        first = await many(at, 3)
        asked = len(at.provider.asked)
        second = await many(at, 3)
        assert len(at.provider.asked) == asked, "nobody was asked"
        at.provider.plan.clear()
        await asyncio.sleep(30)
        third = await many(at, 3)
        return [*first, *second, *third]

    came = at.run(story)
    assert all("is not asked for now: it has failed" in error.__notes__[-1] for error in came[:3])
    for error in came[3:6]:
        assert isinstance(error, ModelUnavailable)
        assert "provider/any is not asked for another" in str(error)
        assert str(error).endswith("The last time: down")
        assert 0 < error.retry_after <= 30
    assert [getattr(each, "text", "not yet") for each in came[6:]] == ["It is I.", "not yet", "not yet"]
    assert at.asking().text == "It is I."


def test_one_bad_moment_does_not_open_it(stage: Any):
    at = stage()
    at.provider.plan = [down() for _ in range(200)]

    assert {answer.text for answer in at.run(lambda: many(at, 200))} == {"It is I."}


# -- limits ----------------------------------------------------------------------------------------------------------


def test_no_more_go_in_a_minute_than_may(stage: Any):
    at = stage(requests_per_minute=60, concurrency=50)
    at.run(lambda: many(at, 90))
    asked = at.provider.asked
    assert all(asked[number + 60] - asked[number] >= 60 - 1e-6 for number in range(30))
    assert asked[-1] < 91


def test_what_the_budget_refuses_takes_nothing_of_the_providers_minute(stage: Any):
    at = stage(requests_per_minute=60, tokens_per_minute=6_000)
    with Simulation(runtime=at.runtime, budget=Budget(calls=1)) as simulation:

        async def story() -> tuple[list[Any], float]:
            return await many(at, 30, simulation.id), asyncio.get_running_loop().time()

        came, until = at.run(story)
    assert [type(each) for each in came] == [LLMResponse, *[BudgetExceeded] * 29]
    assert until - at.provider.asked[0] < 5, "and not 29 seconds"
    assert at.stats.attempts == 1


def test_tokens_count_as_they_were_used_where_that_is_known(stage: Any):
    at = stage(tokens_per_minute=600, concurrency=50)
    at.run(lambda: many(at, 120, parameters=Parameters(max_tokens=1)))
    asked = at.provider.asked
    in_the_second_minute = sum(60 <= when < 120 for when in asked)
    assert 50 <= in_the_second_minute <= 60, "ten tokens each, as the provider says, and not what was guessed"


def test_what_one_models_table_says_goes_before_its_backends_and_that_before_the_rest(stage: Any):
    models = {"provider": {"concurrency": 3, "attempts": 4}, "provider/own": {"concurrency": 9}}
    at = stage(attempts=2, longest_wait=5, models=models)
    handler = at.runtime.llm_handler
    shared, other, own = handler("provider/any"), handler("provider/other"), handler("provider/own")
    assert shared.lane is other.lane is not own.lane
    assert (shared.lane.name, own.lane.name) == ("provider", "provider/own")
    assert [(each.policy.attempts, each.policy.longest_wait) for each in (shared, own)] == [(4, 5), (4, 5)]
    assert (shared.lane.limit, own.lane.limit) == (3, 9)


def test_the_limit_is_found_and_few_are_refused(stage: Any):
    at = stage()
    at.provider.room = 40

    async def story() -> None:
        async def one() -> None:
            while asyncio.get_running_loop().time() < 60:
                await at.ask()

        await asyncio.gather(*(one() for _ in range(120)))

    at.run(story)
    late = sum(30 <= when < 60 for when in at.provider.answered)
    assert late >= 0.95 * 30 * 40 / 0.2
    assert at.provider.refused <= 0.02 * len(at.provider.asked)
    assert at.stats.pushed_back == at.provider.refused


def test_before_anything_is_refused_twice_as_many_go_every_moment(stage: Any):
    at = stage()
    at.run(lambda: many(at, 300))
    moments = [round(when, 6) for when in at.provider.asked]
    assert [moments.count(moment) for moment in (0.0, 0.02, 0.04, 0.06, 0.08, 0.1)] == [8, 8, 16, 32, 64, 0]
    assert at.stats.limit > 128  # from there on with each answer


def test_refusals_that_take_their_time_tell_how_many_were_too_many(stage: Any):
    at = stage()
    at.provider.room, at.provider.refusal = 5, 0.1
    assert not [each for each in at.run(lambda: many(at, 100)) if isinstance(each, Exception)]
    assert 95 <= at.provider.refused <= 105
    assert at.stats.limit <= 6


def test_it_is_shared_by_all_simulations_and_a_small_one_does_not_wait_for_a_large_one(stage: Any):
    def took(beside: bool) -> float:
        at = stage(concurrency=40)
        at.provider.seconds = 1.0

        async def story() -> float:
            loop = asyncio.get_running_loop()
            large = asyncio.create_task(many(at, 1_000, "large")) if beside else None
            await asyncio.sleep(3.5)
            started = loop.time()
            for _ in range(4):
                await many(at, 5, "small")
                assert at.provider.under_way <= 40
            ended = loop.time()
            if large is not None:
                assert not large.done()
                await large
            return ended - started

        return at.run(story)

    assert took(beside=True) <= 1.5 * took(beside=False)


# -- timeouts --------------------------------------------------------------------------------------------------------


def test_an_attempt_that_takes_too_long_is_given_up_and_made_again(stage: Any):
    at = stage(timeout=5)
    at.provider.plan = [100, 4]
    assert at.asking().text == "It is I."
    at = stage(timeout=5, attempts=1)
    at.provider.plan = [100]
    error = at.asking()
    assert type(error) is ModelTimeout
    assert "provider/any did not answer in time. settings.resilience.timeout gives it longer" in str(error)
    assert (at.provider.under_way, at.stats.under_way) == (0, 0)


def test_a_stream_is_timed_until_its_first_piece_and_as_a_whole(stage: Any):
    at = stage(timeout=20, first_piece_timeout=3)
    at.provider.plan = [10, 1, 15]
    assert at.run(at.stream) == ["It ", "is I."], "the first attempt did not begin in time"
    at.provider.plan = [1, 25]
    _, error = at.run(at.stream)
    assert type(error) is ModelTimeout
    assert "settings.resilience.timeout" in str(error)


# -- leaving ---------------------------------------------------------------------------------------------------------


def test_whoever_leaves_at_any_moment_leaves_nothing_behind(stage: Any):
    """Ten ask at once where two may, some are refused, one after the other is cancelled, at every moment."""
    at = stage(concurrency=2, requests_per_minute=600, first_wait=0.05, timeout=60)

    async def story(moment: float, who: int) -> None:
        at.provider.plan = [down(), RateLimited("too many", status=429), 0.02, down()]
        tasks = [asyncio.ensure_future(at.ask(text=str(number))) for number in range(6)]
        streams = [asyncio.ensure_future(at.stream(most=1)) for _ in range(2)]
        await asyncio.sleep(moment)
        tasks[who].cancel()
        await asyncio.sleep(0)
        tasks[who].cancel()
        streams[0].cancel()
        left = await asyncio.gather(*tasks, *streams, return_exceptions=True)
        assert sum(isinstance(each, asyncio.CancelledError) for each in left) <= 2
        stats = at.stats
        assert (stats.under_way, stats.waiting, at.provider.under_way) == (0, 0, 0)

    async def stories() -> None:
        for number in range(120):
            await story(number * 0.01, number % 6)

    at.provider.seconds = 0.1
    at.run(stories)


def test_a_spent_budget_is_no_failure_of_the_provider(stage: Any):
    at = stage()
    with Simulation(runtime=at.runtime, budget=Budget(calls=1)) as simulation:
        at.provider.plan = [down()]
        with pytest.raises(BudgetExceeded):
            TinyPerson("Ada").listen_and_act("Good morning.")
        assert simulation.usage.calls == 1
