"""Entries one by one, for what no sum answers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import apsw

from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.query import EntryFilter, matches
from server.core.statistics.deadline import Deadline
from server.core.stored import Repeats, StoredEvent, first_repeats
from server.storage.sqlite.index.file import HIGHEST_KEY, LOWEST_KEY
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import first_key, read_largest_spill
from server.storage.sqlite.walk import Walk

_AT_ONCE = 1_000


class CountedEntry(NamedTuple):
    """An entry with all of its events."""

    key: int
    event: StoredEvent
    totals: Repeats


def matching_entries(
    log: apsw.Connection, reader: IndexReader, organisation: int, filters: EntryFilter, deadline: Deadline
) -> Iterator[CountedEntry]:
    """The entries that match, the newest first, until time is up. The connection is in a transaction."""
    lowest, before = key_range(log, filters.from_time, filters.to_time)
    walk = Walk(log, organisation, filters, lowest=lowest, before=before)
    with closing(walk.steps(reader, _AT_ONCE)) as steps:
        for step in steps:
            for row, event in step.found:
                if matches(filters, event):
                    yield counted_entry(row, event)
            if step.reached > lowest and deadline.is_over():
                return


def key_range(log: apsw.Connection, from_time: int | None, to_time: int | None) -> tuple[int, int]:
    """The lowest key that an entry of a range can have, and the first that none has any more."""
    lowest, before = LOWEST_KEY, HIGHEST_KEY
    if from_time is not None:
        lowest = first_key(from_time // NANOSECONDS_PER_MILLISECOND)
    if to_time is not None:
        # An entry of the last millisecond may have spilled into later ones.
        before = first_key(to_time // NANOSECONDS_PER_MILLISECOND + read_largest_spill(log) + 1)
    return lowest, before


def counted_entry(row: tuple[Any, ...], event: StoredEvent) -> CountedEntry:
    """An entry from the columns of `walk.COLUMNS`."""
    key, event_count, _, _, *repeats = row
    return CountedEntry(key, event, first_repeats(event, event_count) if repeats[0] is None else Repeats(*repeats))
