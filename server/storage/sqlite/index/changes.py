"""From `pending` rows to a batch: what the indexer has to tell its projections, each change exactly once.

An entry may be gone by the time that a row tells of it, so that nobody knows any more what it was. What is not told of
it is remembered, and taken off when the row that tells of its deletion comes: projections see neither, or a removal of
exactly what they were told.
"""

from collections.abc import Iterable, Sequence

import apsw

from server.storage.sqlite.codec import decode_event
from server.storage.sqlite.index.batch import AddedEntry, Batch, RemovedEntry, RepeatedEntry
from server.storage.sqlite.index.log import Log, Row
from server.storage.sqlite.pending import DeletedEntry

Skipped = dict[int, int | None]
"""By key, the events that projections were not told of; None: of the whole entry."""


class Merger:
    """Merges rows; entries before `built_from` are left out, for they are read later as they are then."""

    def __init__(self, deletions: Iterable[Row], skipped: Skipped, built_from: int) -> None:
        self.skipped = skipped
        self._built_from = built_from
        self._last_deletion: dict[int, int] = {}
        for row in deletions:
            self._last_deletion.update(dict.fromkeys((entry.key for entry in row.changes.deleted), row.number))
        self.added: set[int] = set()
        self.repeated: dict[int, int] = {}
        self.deleted: list[DeletedEntry] = []

    def merge(self, rows: Iterable[Row]) -> None:
        """Take rows in their order."""
        for number, changes, _ in rows:
            for key in changes.keys:
                if key >= self._built_from:
                    self._add(key, number)
            for key, count in changes.repeats:
                if key >= self._built_from:
                    self._repeat(key, count, number)
            for entry in changes.deleted:
                if entry.key >= self._built_from:
                    self._delete(entry)

    def _add(self, key: int, number: int) -> None:
        if self._is_gone(key, number):
            self.skipped[key] = None
        else:
            self.added.add(key)

    def _repeat(self, key: int, count: int, number: int) -> None:
        if not self._is_gone(key, number):
            self.repeated[key] = self.repeated.get(key, 0) + count
        elif (skipped := self.skipped.get(key, 0)) is not None:
            self.skipped[key] = skipped + count

    def _delete(self, entry: DeletedEntry) -> None:
        skipped = self.skipped.pop(entry.key, 0)
        if skipped is not None:
            self.deleted.append(DeletedEntry(entry.key, entry.organisation, entry.event_count - skipped, entry.data))

    def _is_gone(self, key: int, number: int) -> bool:
        return self._last_deletion.get(key, 0) > number


def read_batch(log: Log, rows: Sequence[Row], skipped: Skipped, built_from: int) -> Batch:
    """What rows tell, with the entries themselves. Changes `skipped` to what is to be remembered."""
    merger = Merger(log.deletions(rows[0].number - 1), skipped, built_from)
    merger.merge(rows)
    found = log.entries(sorted(merger.added | merger.repeated.keys()))
    return Batch(
        removed=[
            RemovedEntry(entry.key, entry.organisation, decode_event(entry.data), entry.event_count)
            for entry in sorted(merger.deleted, key=lambda entry: entry.key)
        ],
        added=[
            AddedEntry(key, entry.organisation, entry.event, entry.first)
            for key, entry in found.items()
            if key in merger.added
        ],
        repeated=[
            RepeatedEntry(key, found[key].organisation, found[key].event, added, found[key].totals)
            for key, added in sorted(merger.repeated.items())
            if key in found
        ],
    )


def read_skipped(connection: apsw.Connection) -> Skipped:
    """What the index file remembers of this."""
    return dict(connection.execute("SELECT key, event_count FROM skipped"))


def write_skipped(connection: apsw.Connection, before: Skipped, after: Skipped) -> None:
    """Remember what has changed."""
    gone = [(key,) for key in before.keys() - after.keys()]
    changed = [(key, count) for key, count in after.items() if key not in before or before[key] != count]
    connection.executemany("DELETE FROM skipped WHERE key = ?", gone)
    connection.executemany("INSERT OR REPLACE INTO skipped VALUES (?, ?)", changed)
