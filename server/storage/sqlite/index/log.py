"""The log as the indexer reads it: what is new, and what was there before, in one view of the file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from server.core.stored import Repeats, StoredEvent, first_repeats
from server.storage.sqlite.codec import decode_event, repeats_of
from server.storage.sqlite.connection import open_reader
from server.storage.sqlite.index.batch import AddedEntry
from server.storage.sqlite.index.file import Position
from server.storage.sqlite.keyspace import HIGHEST_KEY, LOWEST_KEY
from server.storage.sqlite.pending import HAS_DELETED, Changes, decode_changes
from server.storage.sqlite.statements import as_list, read_value
from server.storage.sqlite.survey import used_bytes


class Row(NamedTuple):
    """One row of `pending`."""

    number: int
    changes: Changes
    digest: int


class LogFailed(Exception):
    """The database could not be read: nothing is wrong with the index."""


class Found(NamedTuple):
    """An entry's organisation, its first event and that event's count, and what repeats added up to, if any came."""

    organisation: int
    event: StoredEvent
    event_count: int
    repeats: Repeats | None

    @property
    def first(self) -> Repeats:
        """The totals of the first event."""
        return first_repeats(self.event, self.event_count)

    @property
    def totals(self) -> Repeats:
        """The totals of all events."""
        return self.repeats or self.first


_PENDING = "SELECT id, changes FROM pending WHERE id > ? ORDER BY id LIMIT ?"
_DELETIONS = f"SELECT id, changes FROM pending WHERE id > ? AND {HAS_DELETED} ORDER BY id"  # noqa: S608 - ours
_COLUMNS = """
    e.key, e.organisation, e.data, e.event_count,
    r.event_count, r.first_event_time, r.last_event_time, r.last_receive_time, r.requested
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
"""
_ENTRIES = f"SELECT {_COLUMNS} WHERE e.key IN (SELECT value FROM json_each(?)) ORDER BY e.key"  # noqa: S608 - ours
_EARLIER = f"SELECT {_COLUMNS} WHERE e.key < ? ORDER BY e.key DESC LIMIT ?"
_BYTES = "SELECT sum(length(data)) FROM entries WHERE key IN (SELECT value FROM json_each(?))"
_ROWS_AT_ONCE = 256
MOST_BYTES = 32 * 1024 * 1024
"""What is read of the log at once, roughly."""


class Log:
    """A read-only connection to the database."""

    def __init__(self, database: Path) -> None:
        self._connection = open_reader(database)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def data_version(self) -> int:
        """A number that changes when somebody writes to the file."""
        version: int = self._connection.pragma("data_version")
        return version

    @contextmanager
    def view(self) -> Iterator[None]:
        """One view of the file for all that is read inside."""
        try:
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")
        except apsw.Error as error:
            raise LogFailed(str(error)) from error

    def begin(self) -> Position:
        """Where an index begins that has nothing yet."""
        row = self._connection.execute("SELECT id, changes FROM pending ORDER BY id DESC LIMIT 1").fetchone()
        is_empty = read_value(self._connection, "SELECT 1 FROM entries LIMIT 1") is None
        built_from = LOWEST_KEY if is_empty else HIGHEST_KEY
        return Position(built_from=built_from) if row is None else Position(row[0], _digest(row[1]), built_from)

    def continues(self, position: Position) -> bool:
        """Whether this is the log that the index follows, and nothing behind its position is lost."""
        if position.watermark:
            changes = read_value(self._connection, "SELECT changes FROM pending WHERE id = ?", (position.watermark,))
            return changes is not None and _digest(changes) == position.digest
        first = read_value(self._connection, "SELECT min(id) FROM pending")
        return first is None or first == 1

    def pending(self, watermark: int, most: int) -> list[Row]:
        """Rows behind a watermark, about `most` changes or a few more, of about `MOST_BYTES` or one row more."""
        rows: list[Row] = []
        count = 0
        while count < most:
            last = rows[-1].number if rows else watermark
            found = [_row(*row) for row in self._connection.execute(_PENDING, (last, _ROWS_AT_ONCE))]
            for row in found:
                rows.append(row)
                count += row.changes.count
                if count >= most:
                    break
            if len(found) < _ROWS_AT_ONCE:
                break
        while len(rows) > 1 and self._bytes_of(rows) > MOST_BYTES:
            del rows[len(rows) // 2 :]
        return rows

    def deletions(self, watermark: int) -> list[Row]:
        """All rows behind a watermark that tell of deleted entries."""
        return [_row(*row) for row in self._connection.execute(_DELETIONS, (watermark,))]

    def last_pending(self) -> int:
        """The number of the last row, 0 without one."""
        return read_value(self._connection, "SELECT max(id) FROM pending") or 0

    def entries(self, keys: Sequence[int]) -> dict[int, Found]:
        """The entries of these keys, in order, as far as they are there."""
        return {row[0]: _found(*row[1:]) for row in self._connection.execute(_ENTRIES, (as_list(keys),))}

    def earlier(self, key: int, most: int) -> tuple[list[AddedEntry], int, bool]:
        """The last entries before a key, the latest first, with all of their events; their bytes; whether more follow.

        As many as asked for, or as fit into `MOST_BYTES`, but one at least.
        """
        entries: list[AddedEntry] = []
        size = 0
        for found_key, *columns in self._connection.execute(_EARLIER, (key, most)):
            if entries and size + len(columns[1]) > MOST_BYTES:
                return entries, size, True
            found = _found(*columns)
            entries.append(AddedEntry(found_key, found.organisation, found.event, found.totals))
            size += len(columns[1])
        return entries, size, len(entries) == most

    def pending_entries(self, watermark: int) -> int:
        """How many entries the rows behind a watermark are about."""
        rows = self._connection.execute(_PENDING, (watermark, -1))
        return sum(decode_changes(changes).count for _, changes in rows)

    def used_bytes(self) -> int:
        """What the file holds, without its free pages."""
        return used_bytes(self._connection)

    def _bytes_of(self, rows: Sequence[Row]) -> int:
        keys = {key for row in rows for key in (*row.changes.keys, *(key for key, _ in row.changes.repeats))}
        deleted = sum(len(entry.data) for row in rows for entry in row.changes.deleted)
        return deleted + (read_value(self._connection, _BYTES, (as_list(keys),)) or 0)


def _row(number: int, changes: bytes) -> Row:
    return Row(number, decode_changes(changes), _digest(changes))


def _found(organisation: int, data: bytes, event_count: int, *repeats: Any) -> Found:
    return Found(organisation, decode_event(data), event_count, repeats_of(repeats))


def _digest(changes: bytes) -> int:
    return int.from_bytes(blake2b(changes, digest_size=7).digest(), "big")
