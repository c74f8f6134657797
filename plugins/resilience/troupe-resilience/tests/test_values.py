"""What holds for the parts by themselves, whatever happens to them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from troupe_core import ModelUnavailable
from troupe_resilience import Adaptive, Policy
from troupe_resilience.adaptive import BLIND
from troupe_resilience.breaker import Breaker
from troupe_resilience.fairness import FairQueue
from troupe_resilience.limits import Bucket, of_requests, of_tokens
from troupe_resilience.retry import backoff, wait, why_not

MOMENTS = st.floats(0, 20)

# -- how many a minute -----------------------------------------------------------------------------------------------


def times(bucket: Bucket, costs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """When each goes, and what it costs, if one comes so long after the other."""
    now, found = 0.0, []
    for pause, cost in costs:
        now += pause
        while seconds := bucket.wait(now, cost):
            now += seconds
        bucket.take(cost)
        found.append((now, cost))
    return found


@given(st.integers(1, 300), st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_minute_has_more_requests_than_it_may(per_minute, pauses):
    gone = [when for when, _ in times(of_requests(per_minute), [(pause, 1) for pause in pauses])]
    for at, when in enumerate(gone):
        assert bisect_left(gone, when + 59.999) - at <= per_minute


@given(st.integers(100, 100_000), st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=1, max_size=100))
def test_no_minute_has_more_tokens_than_it_may_but_for_one_call_that_is_too_large_for_a_moment(per_minute, shares):
    costs = [(pause, share * per_minute / 4) for pause, share in shares]
    gone = times(of_tokens(per_minute), costs)
    largest = max(cost for _, cost in costs)
    for first, _ in gone:
        minute = sum(cost for when, cost in gone if first <= when < first + 59.999)
        assert minute <= per_minute * 0.95 + max(per_minute * 0.05, largest) + 1e-3


@given(st.lists(st.tuples(st.floats(-100, 100), st.booleans()), max_size=50))
def test_a_clock_that_goes_back_fills_nothing_and_hurts_nobody(moves):
    bucket, now, latest, taken = of_requests(60), 0.0, 0.0, 0
    bucket.wait(now, 1)
    for move, takes in moves:
        now += move
        latest = max(latest, now)
        if not bucket.wait(now, 1) and takes:
            bucket.take(1)
            taken += 1
    assert taken <= 1 + latest + 1e-6


def test_what_was_not_used_comes_back_and_what_was_used_beyond_is_owed():
    bucket = of_tokens(6_000)
    assert bucket.wait(0, 300) == 0
    bucket.take(300)
    bucket.take(-200)
    assert bucket.wait(0, 200) == 0
    bucket.take(-5_000)
    assert bucket.wait(0, 300) == 0
    bucket.take(300 + 950)
    assert bucket.wait(0, 95) == 11


# -- how many at once ------------------------------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(st.floats(0, 5), st.booleans(), st.floats(0, 10), st.booleans(), st.integers(0, 300)), max_size=100
)


@given(EVENTS, st.integers(1, 500))
def test_the_limit_is_never_less_than_one_nor_more_than_it_may_be_and_rises_by_one_at_a_time(events, most):
    adaptive, now = Adaptive(most=most), 0.0
    for pause, answered, ago, full, beside in events:
        now += pause
        before = adaptive.limit
        if answered:
            adaptive.answered(now, now - ago, full)
            assert before <= adaptive.limit <= before + (1 if full else 0)
        else:
            adaptive.pushed_back(now, now - ago, beside)
            assert adaptive.limit <= before
        assert 1 <= adaptive.limit <= most


@given(st.integers(1, 400), st.integers(0, 10), st.integers(0, 400))
def test_it_doubles_with_each_silence_until_something_is_refused(most, silences, beside):
    adaptive = Adaptive(most=most)
    for _ in range(silences):
        adaptive.silent()
    assert adaptive.limit == min(most, 8 * 2**silences, BLIND)
    adaptive.pushed_back(1.0, 0.9, beside)
    refused = adaptive.limit
    adaptive.silent()
    assert adaptive.limit == refused <= max(1, beside)


def test_those_that_were_sent_before_the_last_refusal_say_nothing_new():
    adaptive = Adaptive(100)
    adaptive.pushed_back(10.0, 9.5, 99)
    after = adaptive.limit
    for _ in range(50):
        adaptive.pushed_back(10.1, 9.9, 90)
    assert adaptive.limit == after == 94


def test_one_refusal_takes_little_off_and_a_row_of_them_much():
    adaptive, now, limits = Adaptive(1000), 0.0, []
    for _ in range(6):
        now += 0.1
        adaptive.pushed_back(now, now, adaptive.limit)
        limits.append(adaptive.limit)
    assert limits == [950, 855, 684, 410, 205, 103]


# -- whose turn it is ------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(st.sampled_from("abc"), st.none()), max_size=80), st.integers(1, 6))
def test_nobody_goes_while_somebody_waits_who_has_less_under_way(moves, room):
    """A letter: a call of that simulation comes. None: the one that is under way the longest ends."""
    queue: FairQueue[str] = FairQueue(lambda waiter: False)
    under_way: list[str] = []
    waiting: Counter[str] = Counter()
    for move in moves:
        if move is not None:
            queue.put(move, 0, move)
            waiting[move] += 1
        elif under_way:
            queue.end(under_way.pop(0))
        while len(under_way) < room and queue:
            counted = Counter(under_way)
            fewest = min(counted[each] for each in waiting)
            chosen = queue.take()
            assert counted[chosen] == fewest
            waiting -= Counter([chosen])
            queue.begin(chosen)
            under_way.append(chosen)
            if queue.first() is None:
                break
    assert len(queue) == sum(waiting.values())


def test_among_equals_it_goes_by_turns_and_within_a_simulation_by_priority_then_in_order():
    queue: FairQueue[str] = FairQueue(lambda waiter: waiter == "a gone")
    for simulation, priority, waiter in (("a", 0, "a1"), ("a", 0, "a2"), ("a", 5, "a0"), ("a", 9, "a gone"),
                                         ("b", 0, "b1"), ("b", 0, "b2")):  # fmt: skip
        queue.put(simulation, priority, waiter)
    order = []
    while queue.first() is not None:
        order.append(queue.take())
        queue.begin(order[-1][0])
    assert order == ["a0", "b1", "a1", "b2", "a2"]


# -- once more -------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 200), st.floats(0, 10), st.floats(0, 100), st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(0, 1000),
)  # fmt: skip
def test_the_wait_is_anything_up_to_twice_what_it_was_and_what_the_provider_asks_for_comes_first(
    attempt, first, longest, chance, asked
):
    policy = Policy(first_wait=first, longest_wait=longest)
    error = ModelUnavailable("down", retry_after=asked)
    seconds = wait(policy, attempt, error, lambda: chance)
    assert (asked or 0) <= seconds <= (asked or 0) + min(longest, first * 2.0 ** (attempt - 1))
    assert backoff(policy, attempt) <= longest
    refused = why_not(policy, attempt, error)
    assert bool(refused) == (attempt >= policy.attempts or (asked or 0) > longest)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60))
def test_a_breaker_opens_after_many_failures_over_a_while_and_then_lets_one_try(moves):
    breaker, now, row, since, opened = Breaker(3, 10, 30), 0.0, 0, 0.0, inf
    for pause, fails in moves:
        now += pause
        left = breaker.closed_in(now)
        assert left == (max(0.0, opened + 30 - now) if opened < inf else 0)
        if left:
            continue
        trying = breaker.begin(now)
        assert trying == (opened < inf)
        if trying:
            assert not breaker.begin(now)
            assert breaker.closed_in(now) > 0, "one tries, the others do not"
        if fails:
            since = since if row else now
            row += 1
            breaker.failed(now, trying)
            opened = now if trying or (row >= 3 and now - since >= 10) else opened
        else:
            breaker.answered()
            row, opened = 0, inf
        assert breaker.is_open == (opened < inf)
