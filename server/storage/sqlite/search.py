"""Reading entries: a scan of the log in key order, newest first, each entry checked against the filter exactly.

The log is walked in slices, so that a long search can stop at any time and say where it goes on.
"""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

import apsw
import msgspec

from server.core.model import NANOSECONDS_PER_MILLISECOND, Entry, EntryPage
from server.core.paging import invalid_page_token
from server.core.query import MAX_PAGE_BYTES, EntryFilter, Page, matches
from server.core.stored import Repeats, StoredEvent, entry_of, first_repeats
from server.storage.sqlite.codec import decode_event, decode_samples, entry_id_of, key_of
from server.storage.sqlite.keyspace import first_key, read_largest_spill
from server.storage.sqlite.statements import Row, as_list, read_value

_SEARCH_SECONDS = 2.0
_FIRST_SLICE, _LARGEST_SLICE = 256, 8192
_LOWEST_KEY, _HIGHEST_KEY = -(2**63), 2**63 - 1

_COLUMNS = """
    e.key, e.event_count, e.window_end, e.data,
    r.event_count, r.first_event_time, r.last_event_time, r.last_receive_time, r.requested
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
"""
_SLICE_END = "SELECT min(key) FROM (SELECT key FROM entries WHERE key < ? AND key >= ? ORDER BY key DESC LIMIT ?)"
_SAMPLES = "SELECT key, event_count, data FROM samples WHERE key IN (SELECT value FROM json_each(?))"

_KEY_BYTES = 8
_Found = tuple[Row, StoredEvent]
_encode = msgspec.msgpack.Encoder().encode


def find_entries(
    connection: apsw.Connection, organisation: tuple[int, str], filters: EntryFilter, page: Page
) -> EntryPage:
    """A page of matching entries of an organisation (number and name); short, with a key to go on, when time is up."""
    lowest, before = _key_range(connection, filters, page)
    condition, values = _condition(filters)
    deadline = monotonic() + _SEARCH_SECONDS
    found: list[_Found] = []
    size = 0
    slice_size = max(_FIRST_SLICE, page.size + 1)
    while (end := read_value(connection, _SLICE_END, (before, lowest, slice_size))) is not None:
        for row in _read_slice(connection, condition, (end, before, organisation[0], *values)):
            if matches(filters, row[1]):
                if len(found) == page.size:
                    return EntryPage(_entries(connection, organisation[1], found), _page_key(found[-1][0][0]))
                found.append(row)
                size += len(row[0][3])
                if size > MAX_PAGE_BYTES:
                    return EntryPage(_entries(connection, organisation[1], found), _page_key(row[0][0]))
        before = end
        slice_size = min(2 * slice_size, _LARGEST_SLICE)
        if monotonic() > deadline:
            return EntryPage(_entries(connection, organisation[1], found), _page_key(before))
    return EntryPage(_entries(connection, organisation[1], found), None)


def get_entry(connection: apsw.Connection, organisation: tuple[int, str], entry_id: str) -> Entry | None:
    """One entry of an organisation."""
    key = key_of(entry_id)
    if key is None:
        return None
    row = connection.execute(
        f"SELECT {_COLUMNS} WHERE e.key = ? AND e.organisation = ?", (key, organisation[0])
    ).fetchone()
    return None if row is None else _entries(connection, organisation[1], [(row, decode_event(row[3]))])[0]


def _key_range(connection: apsw.Connection, filters: EntryFilter, page: Page) -> tuple[int, int]:
    lowest, before = _LOWEST_KEY, _HIGHEST_KEY
    if filters.from_time is not None:
        lowest = first_key(filters.from_time // NANOSECONDS_PER_MILLISECOND)
    if filters.to_time is not None:
        # An entry of the last millisecond may have spilled into later ones.
        last = filters.to_time // NANOSECONDS_PER_MILLISECOND + read_largest_spill(connection)
        before = first_key(last + 1)
    return lowest, before if page.before_key is None else min(before, _read_page_key(page.before_key))


def _page_key(key: int) -> bytes:
    return key.to_bytes(_KEY_BYTES, "big", signed=True)


def _read_page_key(key: bytes) -> int:
    if len(key) != _KEY_BYTES:
        raise invalid_page_token()
    return int.from_bytes(key, "big", signed=True)


def _condition(filters: EntryFilter) -> tuple[str, list[Any]]:
    """What SQLite can check by itself, a row's bytes among it: whatever holds a value holds its encoding somewhere.

    Necessary, not sufficient; it spares Python the rows that cannot match.
    """
    conditions: list[str] = []
    parameters: list[Any] = []
    if filters.levels:
        conditions.append("e.level IN (SELECT value FROM json_each(?))")
        parameters.append(as_list(filters.levels))
    for values in (
        filters.service,
        filters.component,
        filters.code,
        filters.environment,
        filters.trace_id,
        filters.debounce_key,
    ):
        if values:
            conditions.append(f"({' OR '.join(['instr(e.data, ?)'] * len(values))})")
            parameters.extend(_encode(value) for value in values)
    return "".join(f" AND {condition}" for condition in conditions), parameters


def _read_slice(connection: apsw.Connection, condition: str, parameters: Row) -> Iterator[_Found]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} WHERE e.key >= ? AND e.key < ? AND e.organisation = ?{condition} ORDER BY e.key DESC",
        parameters,
    )
    return ((row, decode_event(row[3])) for row in rows)


def _entries(connection: apsw.Connection, organisation: str, found: Sequence[_Found]) -> list[Entry]:
    samples = _read_samples(connection, {row[0]: row[4] for row, _ in found if row[4] is not None})
    return [
        entry_of(
            entry_id=entry_id_of(key),
            organisation=organisation,
            event=event,
            window_end=window_end,
            repeats=first_repeats(event, event_count) if repeats[0] is None else _repeats(*repeats),
            samples=decode_samples(samples.get(key, ())),
        )
        for (key, event_count, window_end, _, *repeats), event in found
    ]


def _read_samples(connection: apsw.Connection, counts: dict[int, int]) -> dict[int, list[tuple[int, bytes]]]:
    """The samples of entries, up to the count that was read of each: what came since is for the next read."""
    samples: dict[int, list[tuple[int, bytes]]] = {}
    if counts:
        for key, event_count, data in connection.execute(_SAMPLES, (as_list(counts),)):
            if event_count <= counts[key]:
                samples.setdefault(key, []).append((event_count, data))
    return samples


def _repeats(event_count: int, first: int, last: int, received: int, requested: int | None) -> Repeats:
    return Repeats(event_count, first, last, received, None if requested is None else bool(requested))
