"""Rates: a token bucket per key, on a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import RateLimited, TooLarge
from server.core.rates import RateLimiter, RateState
from tests.support.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    return RateLimiter(clock)


@pytest.mark.parametrize("rate", [1, 3, 7, 100, 999])
def test_a_full_bucket_holds_exactly_one_seconds_rate(limiter: RateLimiter, rate: int) -> None:
    remaining = [limiter.take("key", rate).remaining for _ in range(rate)]
    assert remaining == list(range(rate - 1, -1, -1))
    with pytest.raises(RateLimited):
        limiter.take("key", rate)


def test_whoever_waits_as_long_as_told_is_let_in(limiter: RateLimiter, clock: Clock) -> None:
    limiter.take("key", 7, 7)
    for events in (1, 2, 5, 7, 1, 3):
        with pytest.raises(RateLimited) as caught:
            limiter.take("key", 7, events)
        delay = caught.value.retry_after_seconds
        assert delay is not None
        assert 0 < delay <= 1
        clock.seconds += delay
        assert limiter.take("key", 7, events).remaining == 0


def test_a_refused_request_takes_nothing(limiter: RateLimiter) -> None:
    limiter.take("key", 10, 8)
    with pytest.raises(RateLimited):
        limiter.take("key", 10, 3)
    assert limiter.take("key", 10, 2) == RateState(10, 0, 1)


def test_a_batch_larger_than_the_bucket_is_too_large_however_full_it_is(limiter: RateLimiter) -> None:
    for take in (limiter.take, limiter.take_rest):
        with pytest.raises(TooLarge) as caught:
            take("key", 10, 11)
        assert caught.value.code == "TOO_MANY_EVENTS"
    assert limiter.state("key", 10) == RateState(10, 10, 0)


def test_a_batch_as_large_as_the_bucket_passes_in_two_steps(limiter: RateLimiter) -> None:
    limiter.take("key", 10)
    assert limiter.take_rest("key", 10, 10).remaining == 0


@pytest.mark.parametrize("events", [0, 1])
def test_a_batch_of_at_most_one_event_costs_no_more_than_its_first_unit(limiter: RateLimiter, events: int) -> None:
    limiter.take("key", 10)
    assert limiter.take_rest("key", 10, events).remaining == 9


def test_a_refused_batch_keeps_its_first_unit_and_is_told_when_all_of_it_can_pass(
    limiter: RateLimiter, clock: Clock
) -> None:
    limiter.take("key", 10, 5)
    limiter.take("key", 10)
    with pytest.raises(RateLimited) as caught:
        limiter.take_rest("key", 10, 9)
    assert limiter.state("key", 10).remaining == 4
    assert caught.value.retry_after_seconds == pytest.approx(0.5)
    clock.seconds += 0.5
    limiter.take("key", 10)
    assert limiter.take_rest("key", 10, 9).remaining == 0


def test_the_state_says_when_the_bucket_is_full(limiter: RateLimiter, clock: Clock) -> None:
    assert limiter.take("key", 2) == RateState(limit=2, remaining=1, reset_seconds=1)
    clock.seconds += 0.5
    assert limiter.state("key", 2) == RateState(limit=2, remaining=2, reset_seconds=0)


def test_keys_do_not_share_a_bucket(limiter: RateLimiter) -> None:
    limiter.take("one", 5, 5)
    assert limiter.take("other", 5).remaining == 4


def test_a_changed_rate_counts_at_once(limiter: RateLimiter, clock: Clock) -> None:
    limiter.take("key", 100, 10)
    assert limiter.state("key", 5) == RateState(5, 5, 0)
    limiter.take("key", 5, 5)
    clock.seconds += 0.5
    assert limiter.state("key", 1000).remaining == 500


def test_full_buckets_are_forgotten(limiter: RateLimiter, clock: Clock) -> None:
    for number in range(100_000):
        limiter.take(f"key {number}", 10)
        clock.seconds += 0.01
    assert len(limiter._buckets) < 2_000


def test_buckets_that_are_not_full_are_never_forgotten(limiter: RateLimiter) -> None:
    for number in range(5_000):
        limiter.take(f"key {number}", 10, 10)
    for number in range(5_000):
        assert limiter.state(f"key {number}", 10).remaining == 0


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 1000).map(lambda milliseconds: milliseconds / 1000), st.integers(1, 50))),
)
def test_in_any_span_no_more_passes_than_the_bucket_and_the_rate(rate: int, requests: list[tuple[float, int]]) -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    passed = 0
    for pause, events in requests:
        clock.seconds += pause
        try:
            state = limiter.take("key", rate, events)
        except RateLimited:
            pass
        except TooLarge:
            assert events > rate
        else:
            passed += events
            assert 0 <= state.remaining <= rate - events
            assert state.reset_seconds in (0, 1)
    assert passed <= rate + (clock.seconds - 1_000.0) * rate + 0.001
