"""The projection that histograms read: events by organisation, time and level, in minutes and in hours."""

from collections import Counter
from collections.abc import Iterator

import apsw

from server.core.model import NANOSECONDS_PER_SECOND
from server.core.stored import StoredEvent
from server.storage.sqlite.index.batch import Batch

MINUTE = 60 * NANOSECONDS_PER_SECOND
HOUR = 60 * MINUTE
"""Nanoseconds."""
TABLES = {MINUTE: "minute_rollups", HOUR: "hour_rollups"}

_SCHEMA = """
    CREATE TABLE {table} (
        organisation INTEGER NOT NULL,
        time INTEGER NOT NULL,
        level INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        PRIMARY KEY (organisation, time, level)
    ) STRICT, WITHOUT ROWID
"""
_ADD = """
    INSERT INTO {table} VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET event_count = event_count + excluded.event_count
"""
_DELETE = "DELETE FROM {table} WHERE organisation = ? AND time = ? AND level = ? AND event_count = 0"

Place = tuple[int, int, int]
"""Organisation, time in units since 1970, level."""


class Rollups:
    """See `Projection`. A row's time is the number of its minute or hour since 1970, in UTC."""

    name = "rollups"
    version = 1

    def create(self, connection: apsw.Connection) -> None:
        """See `Projection`."""
        for table in TABLES.values():
            connection.execute(_SCHEMA.format(table=table))

    def forget(self) -> None:
        """See `Projection`: all of it is in the file."""

    def apply(self, connection: apsw.Connection, batch: Batch) -> None:
        """See `Projection`."""
        minutes = _changes(batch)
        hours: Counter[Place] = Counter()
        for (organisation, minute, level), change in minutes.items():
            hours[organisation, minute * MINUTE // HOUR, level] += change
        for changes, table in ((minutes, TABLES[MINUTE]), (hours, TABLES[HOUR])):
            rows = [(*place, change) for place, change in sorted(changes.items()) if change]
            connection.executemany(_ADD.format(table=table), rows)
            connection.executemany(_DELETE.format(table=table), [row[:3] for row in rows if row[3] < 0])


def differences(batch: Batch) -> Iterator[tuple[int, StoredEvent, int]]:
    """Organisation, entry's event, and how many events came (or went, where negative) with each change of a batch."""
    for removed in batch.removed:
        yield removed.organisation, removed.event, -removed.event_count
    for added in batch.added:
        yield added.organisation, added.event, added.totals.event_count
    for repeated in batch.repeated:
        yield repeated.organisation, repeated.event, repeated.added


def _changes(batch: Batch) -> Counter[Place]:
    """By minute; an entry has both, and minutes are few."""
    changes: Counter[Place] = Counter()
    for organisation, event, event_count in differences(batch):
        changes[organisation, event.event_time // MINUTE, event.level.value] += event_count
    return changes
