"""Entries go, each with its repeats, samples and open window, and the indexer is told: one short transaction.

The ids of their events stay in `event_ids` until their 24 hours are over.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import apsw

from server.core.debounce import window_identity
from server.core.portions import DELETED_AT_ONCE
from server.core.retention import Age, Periods, end_of
from server.storage.sqlite.codec import decode_event
from server.storage.sqlite.connection import transaction, unhurried
from server.storage.sqlite.keyspace import key_from_bytes
from server.storage.sqlite.pending import DeletedEntry, encode_changes
from server.storage.sqlite.statements import Row, as_hex_list, as_list, read_value
from server.storage.sqlite.survey import age_of, used_bytes

_ROWS = """
    SELECT e.key, e.organisation, e.level, e.window_end, e.data, r.last_receive_time,
           coalesce(r.event_count, e.event_count)
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
    WHERE e.key IN (SELECT value FROM json_each(?)) ORDER BY e.key
"""
_OLDEST = "SELECT json_group_array(key) FROM (SELECT key FROM entries ORDER BY key LIMIT ?)"
_PENDING_BYTES = "SELECT total(length(changes)) FROM pending"
_END_WINDOWS = """
    DELETE FROM windows WHERE identity IN (SELECT unhex(value) FROM json_each(?))
    AND key IN (SELECT value FROM json_each(?))
"""
_OF_ENTRIES = ("repeats", "samples", "entries")


class Ended(NamedTuple):
    """The window of an entry that was deleted: whoever remembers it has to forget it."""

    identity: bytes
    key: int


class Deleted(NamedTuple):
    """What went."""

    entries: int
    windows: list[Ended]


def delete_expired(
    connection: apsw.Connection, expired: Collection[Age], *, periods: Periods, now: int, clock: int
) -> Deleted:
    """See `Expiry`. `clock` is what windows are open by."""
    with unhurried(connection), transaction(connection):
        rows = [
            row
            for row in _read(connection, [key_from_bytes(age.key) for age in expired])
            if end_of(age_of(row[:6]), periods) <= now and (row[3] or 0) <= clock
        ]
        return _delete(connection, rows)


def delete_entries(connection: apsw.Connection, organisation_id: int, keys: Collection[int]) -> Deleted:
    """Delete those of the keys that are the organisation's."""
    with transaction(connection):
        return _delete(connection, [row for row in _read(connection, keys) if row[1] == organisation_id])


def delete_oldest(connection: apsw.Connection, limit_bytes: int) -> Deleted:
    """Delete some of the oldest entries if the file holds more than the limit."""
    used = used_bytes(connection)
    # What tells the indexer of deletions goes by itself: it must not have more deleted.
    if used <= limit_bytes or used - read_value(connection, _PENDING_BYTES) <= limit_bytes:
        return Deleted(0, [])
    with unhurried(connection), transaction(connection):
        oldest = read_value(connection, _OLDEST, (DELETED_AT_ONCE,))
        return _delete(connection, connection.execute(_ROWS, (oldest,)).fetchall())


def _read(connection: apsw.Connection, keys: Collection[int]) -> list[Row]:
    rows: list[Row] = connection.execute(_ROWS, (as_list(keys),)).fetchall()
    return rows


def _delete(connection: apsw.Connection, rows: Sequence[Row]) -> Deleted:
    if not rows:
        return Deleted(0, [])
    deleted = [DeletedEntry(key, organisation, count, data) for key, organisation, _, _, data, _, count in rows]
    keys = as_list([entry.key for entry in deleted])
    windows = _windows(rows)
    if windows:
        # A later window of the same identity has another entry.
        connection.execute(_END_WINDOWS, (as_hex_list([window.identity for window in windows]), keys))
    for table in _OF_ENTRIES:
        connection.execute(f"DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))", (keys,))  # noqa: S608
    connection.execute("INSERT INTO pending VALUES (NULL, ?)", (encode_changes([], [], deleted),))
    return Deleted(len(deleted), windows)


def _windows(rows: Sequence[Row]) -> list[Ended]:
    return [
        Ended(window_identity(organisation, level, debounce_key), key)
        for key, organisation, level, window_end, data, *_ in rows
        if window_end is not None and (debounce_key := decode_event(data).debounce_key) is not None
    ]
