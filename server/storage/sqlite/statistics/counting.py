"""Histograms and facets: from rollups where they answer the question, entry by entry otherwise."""

from collections import Counter
from collections.abc import Iterator

import apsw

from server.core.model import Level
from server.core.query import EntryFilter
from server.core.statistics import FACET_FIELDS, FacetCounts, HistogramQuestion, bucket_of, has_only_levels
from server.core.statistics.deadline import Deadline
from server.storage.sqlite.index.rollups import HOUR, MINUTE, TABLES, differences
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.statements import as_list
from server.storage.sqlite.statistics.entries import matching_entries
from server.storage.sqlite.statistics.scan import count_scanned
from server.storage.sqlite.statistics.standing import Standing, ask, one_state

Counts = Counter[tuple[int, int]]
"""Events by the beginning of a bucket and the number of a level."""
Part = tuple[int, int]
"""From an instant to before another."""

_SUMS = """
    SELECT (time - ?) / ?, level, sum(event_count) FROM {table}
    WHERE organisation = ? AND time >= ? AND time < ? AND (? OR level IN (SELECT value FROM json_each(?)))
    GROUP BY 1, 2
"""


def count_by_time(
    log: apsw.Connection, reader: IndexReader, organisation: int, question: HistogramQuestion
) -> tuple[Counts, bool]:
    """See `StatisticsStore`."""
    if has_only_levels(question.filters):
        return ask(log, reader, lambda standing: _count_by_level(standing, organisation, question))
    counts: Counts = Counter()
    deadline = Deadline()
    with one_state(log):
        for entry in matching_entries(log, reader, organisation, question.filters, deadline):
            bucket = bucket_of(entry.event.event_time, question.step)
            counts[bucket, entry.event.level.value] += entry.totals.event_count
    return counts, deadline.was_met


def count_by_value(
    log: apsw.Connection, reader: IndexReader, organisation: int, filters: EntryFilter
) -> tuple[FacetCounts, bool]:
    """See `StatisticsStore`."""
    counts = FacetCounts()
    deadline = Deadline()
    with one_state(log):
        for entry in matching_entries(log, reader, organisation, filters, deadline):
            values = {field: getattr(entry.event, field) for field in FACET_FIELDS}
            counts.add(entry.event.level.value, values, entry.totals.event_count)
    return counts, deadline.was_met


def _count_by_level(standing: Standing, organisation: int, question: HistogramQuestion) -> Counts:
    counts: Counts = Counter()
    rolled = _rolled_part(standing, question)
    if standing.sums is not None:
        for unit, part in _by_unit(rolled, question.step):
            _add_rollups(counts, standing.sums, organisation, question, unit=unit, part=part)
    _add_tail(counts, standing, organisation, question, rolled)
    begin, end = rolled
    scan = standing.log, organisation, question, standing.deadline
    count_scanned(counts, *scan, part=(max(end, question.from_time), question.to_time))
    # What an index that is still being made does not have yet.
    count_scanned(counts, *scan, part=rolled, before_key=standing.built_from)
    count_scanned(counts, *scan, part=(question.from_time, min(begin, question.to_time)))
    return counts


def _rolled_part(standing: Standing, question: HistogramQuestion) -> Part:
    """The whole minutes of the range, where rollups know its buckets; an empty part at its beginning otherwise."""
    begin, end = -(-question.from_time // MINUTE) * MINUTE, bucket_of(question.to_time, MINUTE)
    if standing.sums is None or question.step % MINUTE or begin >= end:
        return question.from_time, question.from_time
    return begin, end


def _by_unit(part: Part, step: int) -> Iterator[tuple[int, Part]]:
    """The same part in pieces of whole hours, where buckets are, and of minutes around them."""
    begin, end = part
    first_hour, last_hour = -(-begin // HOUR) * HOUR, bucket_of(end, HOUR)
    if step % HOUR or first_hour >= last_hour:
        yield MINUTE, part
    else:
        yield MINUTE, (begin, first_hour)
        yield HOUR, (first_hour, last_hour)
        yield MINUTE, (last_hour, end)


def _add_rollups(
    counts: Counts, sums: apsw.Connection, organisation: int, question: HistogramQuestion, *, unit: int, part: Part
) -> None:
    begin, end = part
    if begin >= end:
        return
    levels = question.filters.levels
    base = bucket_of(begin, question.step)
    rows = sums.execute(
        _SUMS.format(table=TABLES[unit]),
        (base // unit, question.step // unit, organisation, begin // unit, end // unit, not levels, as_list(levels)),
    )
    for place, level, event_count in rows:
        counts[base + place * question.step, level] += event_count


def _add_tail(counts: Counts, standing: Standing, organisation: int, question: HistogramQuestion, rolled: Part) -> None:
    levels = question.filters.levels or frozenset(Level)
    for owner, event, event_count in differences(standing.tail):
        if owner == organisation and event.level in levels and rolled[0] <= event.event_time < rolled[1]:
            counts[bucket_of(event.event_time, question.step), event.level.value] += event_count
