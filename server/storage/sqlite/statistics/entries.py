"""Entries one by one, for what no sum answers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import apsw

from server.core.query import EntryFilter, matches
from server.core.statistics.deadline import Deadline
from server.core.stored import Repeats, StoredEvent
from server.storage.sqlite.codec import totals_of
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import key_range
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


def counted_entry(row: tuple[Any, ...], event: StoredEvent) -> CountedEntry:
    """An entry from the columns of `walk.COLUMNS`."""
    key, event_count, _, _, *repeats = row
    return CountedEntry(key, event, totals_of(event, event_count, repeats))
