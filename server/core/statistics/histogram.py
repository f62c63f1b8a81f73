"""Histograms: how many events a stretch of time had, bucket by bucket and level by level.

A bucket begins at a multiple of the step since 1970, in UTC, so that a day is a day of 24 hours. An entry counts all of
its events at its own time, that of the first.
"""

from collections.abc import Mapping

import msgspec

from server.core.errors import InvalidField
from server.core.intervals import format_interval, parse_interval_text
from server.core.model import NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND, Level
from server.core.query import EntryFilter
from server.core.query.invalid import invalid_time_range
from server.core.statistics.levels import levels_of

MAX_BUCKETS = 200
"""Buckets of one histogram."""
DEFAULT_RANGE = 86_400 * NANOSECONDS_PER_SECOND
"""How long before its end a range begins unless the reader says otherwise, in nanoseconds."""
STEPS = tuple(
    seconds * NANOSECONDS_PER_SECOND
    for seconds in (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800)
)
"""The steps to choose from where the reader names none, in nanoseconds."""

Counts = Mapping[tuple[int, int], int]
"""Events by the beginning of a bucket (nanoseconds since 1970) and the number of a level."""


class HistogramQuestion(msgspec.Struct, frozen=True):
    """What is counted. The filter has both times; `step` is in nanoseconds, a whole number of seconds."""

    filters: EntryFilter
    step: int

    @property
    def from_time(self) -> int:
        """The first instant that counts."""
        assert self.filters.from_time is not None
        return self.filters.from_time

    @property
    def to_time(self) -> int:
        """The first instant that no longer counts."""
        assert self.filters.to_time is not None
        return self.filters.to_time


class Bucket(msgspec.Struct, frozen=True):
    """A stretch of time that begins at `time`; a level without events is left out."""

    time: int
    levels: dict[Level, int]

    @property
    def total(self) -> int:
        """The events of all levels."""
        return sum(self.levels.values())


class Histogram(msgspec.Struct, frozen=True):
    """Every bucket of the range, empty ones too. `is_complete`: nothing that matches is left uncounted.

    The first and the last bucket count only what lies in the range, as all others do.
    """

    question: HistogramQuestion
    buckets: list[Bucket]
    is_complete: bool

    @property
    def total(self) -> int:
        """The events of all buckets."""
        return sum(bucket.total for bucket in self.buckets)


def with_range(filters: EntryFilter, now: int) -> EntryFilter:
    """The same filter with both times: the end is now, the beginning 24 hours before the end, unless it has them.

    Raises InvalidField, INVALID_TIME_RANGE, where it begins after now and has no end.
    """
    to_time = now if filters.to_time is None else filters.to_time
    from_time = to_time - DEFAULT_RANGE if filters.from_time is None else filters.from_time
    if from_time > to_time:
        raise invalid_time_range("from must not be after to, which is now unless it is given.", "from")
    return msgspec.structs.replace(filters, from_time=from_time, to_time=to_time)


def histogram_question(filters: EntryFilter, step: int | None, now: int) -> HistogramQuestion:
    """The question of a filter; `step` in nanoseconds, None for the smallest of `STEPS` that gives at most 200 buckets.

    Raises InvalidField, INVALID_STEP for more than 200 buckets, and as `with_range` does.
    """
    filters = with_range(filters, now)
    steps = STEPS if step is None else (step,)
    for candidate in steps:
        question = HistogramQuestion(filters, candidate)
        if _bucket_count(question) <= MAX_BUCKETS:
            return question
    raise invalid_step(
        f"A histogram has at most {MAX_BUCKETS} buckets; with a step of {format_step(steps[-1])} this range has more."
        " Ask for a larger step or a shorter range."
    )


def parse_step(text: str) -> int:
    """The nanoseconds of a step as an interval is written: `5m`, `1h 30m`, `7d`, or a number of minutes.

    Raises InvalidField, INVALID_STEP.
    """
    return step_from_milliseconds(parse_interval_text(text))


def step_from_milliseconds(milliseconds: int | None) -> int:
    """The same in nanoseconds, if it can be a step: whole seconds, at least one. Raises InvalidField, INVALID_STEP."""
    longest = 100_000 * 86_400_000
    if milliseconds is None or not 0 < milliseconds <= longest or milliseconds % 1_000:
        raise invalid_step(
            "step must be at least 1 second: whole numbers with the units s, m (min), h (hr) and d, each at most once"
            " ('30s', '5m', '7d'), or a number of minutes."
        )
    return milliseconds * NANOSECONDS_PER_MILLISECOND


def format_step(step: int) -> str:
    """A step as `parse_step` reads it."""
    return format_interval(step // NANOSECONDS_PER_MILLISECOND)


def bucket_of(instant: int, step: int) -> int:
    """The beginning of the bucket of an instant, before 1970 too; all in nanoseconds."""
    return instant - instant % step


def has_only_levels(filters: EntryFilter) -> bool:
    """Whether a filter looks at nothing but levels and times, which sums know."""
    rest = msgspec.structs.replace(
        filters, levels=frozenset(), from_time=None, to_time=None, from_age=None, to_age=None
    )
    return rest == EntryFilter()


def make_histogram(question: HistogramQuestion, counts: Counts, *, is_complete: bool) -> Histogram:
    """The histogram of what was counted."""
    first = bucket_of(question.from_time, question.step)
    buckets = [
        Bucket(begin, levels_of({level.value: counts.get((begin, level.value), 0) for level in Level}))
        for begin in range(first, question.to_time, question.step)
        if question.from_time < question.to_time
    ]
    return Histogram(question, buckets, is_complete)


def invalid_step(description: str) -> InvalidField:
    """The error for a step that cannot be."""
    return InvalidField(description, code="INVALID_STEP", message="Invalid step", field="step")


def _bucket_count(question: HistogramQuestion) -> int:
    if question.from_time == question.to_time:
        return 0
    return -((bucket_of(question.from_time, question.step) - question.to_time) // question.step)
