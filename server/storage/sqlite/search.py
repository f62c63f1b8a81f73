"""Reading entries: in key order, the newest first, each entry checked against the filter exactly."""

from collections.abc import Sequence
from contextlib import closing
from time import monotonic

import apsw

from server.core.model import NANOSECONDS_PER_MILLISECOND, Entry, EntryPage
from server.core.paging import invalid_page_token
from server.core.query import MAX_PAGE_BYTES, EntryFilter, Page, matches
from server.core.stored import Repeats, entry_of, first_repeats
from server.storage.sqlite.codec import decode_event, decode_samples, entry_id_of, key_of
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import first_key, read_largest_spill
from server.storage.sqlite.statements import as_list
from server.storage.sqlite.walk import COLUMNS, Found, Walk

_SEARCH_SECONDS = 2.0
_LOWEST_KEY, _HIGHEST_KEY = -(2**63), 2**63 - 1
_SAMPLES = "SELECT key, event_count, data FROM samples WHERE key IN (SELECT value FROM json_each(?))"
_KEY_BYTES = 8


def find_entries(
    connection: apsw.Connection,
    index: IndexReader,
    organisation: tuple[int, str],
    filters: EntryFilter,
    page: Page,
) -> EntryPage:
    """A page of matching entries of an organisation (number and name); short, with a key to go on, when time is up."""
    connection.execute("BEGIN")
    try:
        found, next_key = _find(connection, index, organisation[0], filters, page)
        entries = _entries(connection, organisation[1], found)
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")
    return EntryPage(entries, None if next_key is None else _page_key(next_key))


def _find(
    connection: apsw.Connection, index: IndexReader, organisation: int, filters: EntryFilter, page: Page
) -> tuple[list[Found], int | None]:
    lowest, before = _key_range(connection, filters, page)
    deadline = monotonic() + _SEARCH_SECONDS
    found: list[Found] = []
    size = 0
    walk = Walk(connection, organisation, filters, lowest=lowest, before=before)
    with closing(walk.steps(index, page.size)) as steps:
        for step in steps:
            for row in step.found:
                if matches(filters, row[1]):
                    if len(found) == page.size:
                        return found, found[-1][0][0]
                    found.append(row)
                    size += len(row[0][3])
                    if size > MAX_PAGE_BYTES:
                        return found, row[0][0]
            if monotonic() > deadline and step.reached > lowest:
                return found, step.reached
    return found, None


def get_entry(connection: apsw.Connection, organisation: tuple[int, str], entry_id: str) -> Entry | None:
    """One entry of an organisation."""
    key = key_of(entry_id)
    if key is None:
        return None
    row = connection.execute(
        f"SELECT {COLUMNS} WHERE e.key = ? AND e.organisation = ?", (key, organisation[0])
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


def _entries(connection: apsw.Connection, organisation: str, found: Sequence[Found]) -> list[Entry]:
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
