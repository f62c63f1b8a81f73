"""Steps, ranges and buckets of a histogram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.model import NANOSECONDS_PER_SECOND, Level
from server.core.query import EntryFilter, make_filter
from server.core.statistics import HistogramQuestion, bucket_of, format_step, parse_step
from server.core.statistics.histogram import (
    DEFAULT_RANGE,
    MAX_BUCKETS,
    STEPS,
    histogram_question,
    make_histogram,
)

SECOND = NANOSECONDS_PER_SECOND
NOW = 1_790_000_000 * SECOND + 123
_instants = st.integers(-(2**62), 2**62)
_steps = st.sampled_from(STEPS)


def question(from_time: int, to_time: int, step: int | None = None) -> HistogramQuestion:
    return histogram_question(make_filter(from_time=from_time, to_time=to_time), step, NOW)


@given(_instants, st.integers(0, 199), _steps, st.data())
def test_every_bucket_of_the_range_is_there_and_no_other(
    from_time: int, buckets: int, step: int, data: st.DataObject
) -> None:
    to_time = from_time + step * buckets - data.draw(st.integers(0, step - 1)) * (buckets > 0)
    shown = make_histogram(question(from_time, to_time, step), {}, is_complete=True).buckets
    assert len(shown) <= MAX_BUCKETS
    assert [bucket.time % step for bucket in shown] == [0] * len(shown)
    times = [bucket.time for bucket in shown]
    assert times == list(range(times[0], times[-1] + 1, step)) if times else from_time == to_time
    if times:
        assert times[0] <= from_time < times[0] + step
        assert times[-1] < to_time <= times[-1] + step


@given(_instants, st.integers(1, 199 * STEPS[-1]))
def test_the_step_is_the_smallest_that_fits(from_time: int, length: int) -> None:
    chosen = question(from_time, from_time + length)
    assert len(make_histogram(chosen, {}, is_complete=True).buckets) <= MAX_BUCKETS
    place = STEPS.index(chosen.step)
    if place:
        with pytest.raises(InvalidField) as refused:
            question(from_time, from_time + length, STEPS[place - 1])
        assert (refused.value.code, refused.value.field) == ("INVALID_STEP", "step")


@given(_instants, _steps)
def test_an_instant_lies_in_its_bucket(instant: int, step: int) -> None:
    assert bucket_of(instant, step) <= instant < bucket_of(instant, step) + step
    assert bucket_of(instant, step) % step == 0


def test_a_range_ends_now_and_begins_a_day_before_its_end() -> None:
    assert histogram_question(EntryFilter(), None, NOW).filters == make_filter(
        from_time=NOW - DEFAULT_RANGE, to_time=NOW
    )
    assert histogram_question(make_filter(to_time=5), None, NOW).from_time == 5 - DEFAULT_RANGE
    assert histogram_question(make_filter(from_time=NOW - SECOND), None, NOW).to_time == NOW
    with pytest.raises(InvalidField) as refused:
        histogram_question(make_filter(from_time=NOW + 1), None, NOW)
    assert (refused.value.code, refused.value.field) == ("INVALID_TIME_RANGE", "from")


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("5m", 300), ("5", 300), ("1h 30m", 5400), ("7d", 604_800), ("30min", 1800)]
)
def test_a_step_is_written_as_an_interval_is(text: str, seconds: int) -> None:
    assert parse_step(text) == seconds * SECOND
    assert parse_step(format_step(seconds * SECOND)) == seconds * SECOND


@pytest.mark.parametrize("text", ["", "0s", "0", "1.5s", "5x", "-5m", "1m 1m", "9" * 70, "999999999999d"])
def test_a_step_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        parse_step(text)
    assert (refused.value.code, refused.value.field) == ("INVALID_STEP", "step")


def test_a_level_without_events_is_left_out() -> None:
    counts = {(0, Level.ERROR.value): 2, (0, Level.INFO.value): 0, (SECOND, Level.CRITICAL.value): 1}
    histogram = make_histogram(question(0, 2 * SECOND, SECOND), counts, is_complete=False)
    assert [bucket.levels for bucket in histogram.buckets] == [{Level.ERROR: 2}, {Level.CRITICAL: 1}]
    assert (histogram.total, histogram.is_complete) == (3, False)
