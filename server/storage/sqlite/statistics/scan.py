"""Counting by time in the log itself: SQLite adds up what keys decide, Python looks at the rest.

A key has the millisecond of its entry's time, or one a little later where a burst had more entries than a millisecond
has keys (`keyspace.py`). Where both lie in one bucket nobody has to look into the entry.
"""

from collections import Counter

import apsw

from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.statistics import HistogramQuestion, bucket_of
from server.core.statistics.deadline import Deadline
from server.storage.sqlite.codec import decode_event
from server.storage.sqlite.keyspace import HIGHEST_KEY, key_range, read_largest_spill, scan_end
from server.storage.sqlite.statements import as_list

_AT_ONCE = 50_000
_FROM = """
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
    WHERE e.key >= :first AND e.key < :before AND e.organisation = :organisation
      AND (:any_level OR e.level IN (SELECT value FROM json_each(:levels)))
"""
_IS_CERTAIN = """
    (e.key >> 8) - :spill >= :certain_from AND (e.key >> 8) < :certain_to
    AND ((e.key >> 8) - :base) % :step >= :spill
"""
_SUMS = f"""
    SELECT ((e.key >> 8) - :base) / :step, e.level, sum(coalesce(r.event_count, e.event_count))
    {_FROM} AND {_IS_CERTAIN} GROUP BY 1, 2
"""
_OTHERS = f"SELECT coalesce(r.event_count, e.event_count), e.data {_FROM} AND NOT ({_IS_CERTAIN})"


def count_scanned(
    counts: Counter[tuple[int, int]],
    log: apsw.Connection,
    organisation: int,
    question: HistogramQuestion,
    deadline: Deadline,
    *,
    part: tuple[int, int],
    before_key: int = HIGHEST_KEY,
) -> None:
    """Add the events of a part of the range (its first instant, and the first behind it), of keys before one."""
    begin, end = part
    if begin >= end:
        return
    lowest, before = key_range(log, begin, end)
    before = min(before, before_key)
    step = question.step // NANOSECONDS_PER_MILLISECOND
    base = bucket_of(begin, question.step) // NANOSECONDS_PER_MILLISECOND
    bindings = {
        "organisation": organisation,
        "any_level": not question.filters.levels,
        "levels": as_list(question.filters.levels),
        "spill": read_largest_spill(log),
        "base": base,
        "step": step,
        "certain_from": -(-begin // NANOSECONDS_PER_MILLISECOND),
        "certain_to": end // NANOSECONDS_PER_MILLISECOND,
    }
    while (first := scan_end(log, lowest, before, _AT_ONCE)) is not None:
        if deadline.is_over():
            return
        bindings |= {"first": first, "before": before}
        for place, level, event_count in log.execute(_SUMS, bindings):
            counts[(base + place * step) * NANOSECONDS_PER_MILLISECOND, level] += event_count
        for event_count, data in log.execute(_OTHERS, bindings):
            event = decode_event(data)
            if begin <= event.event_time < end:
                counts[bucket_of(event.event_time, question.step), event.level.value] += event_count
        before = first
