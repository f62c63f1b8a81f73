"""Reading entries: in key order, the newest first, each entry checked against the filter exactly."""

from collections.abc import Sequence
from contextlib import closing
from time import monotonic

import apsw

from server.core.model import Entry, EntryPage
from server.core.query import MAX_PAGE_BYTES, EntryFilter, Page, matches
from server.core.stored import entry_of
from server.storage.sqlite.codec import decode_event, decode_samples, entry_id_of, key_of, totals_of
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import key_from_bytes, key_range, key_to_bytes
from server.storage.sqlite.statements import as_list
from server.storage.sqlite.walk import COLUMNS, Found, Walk

_SEARCH_SECONDS = 2.0
_SAMPLES = "SELECT key, event_count, data FROM samples WHERE key IN (SELECT value FROM json_each(?))"


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
    return EntryPage(entries, None if next_key is None else key_to_bytes(next_key))


def _find(
    connection: apsw.Connection, index: IndexReader, organisation: int, filters: EntryFilter, page: Page
) -> tuple[list[Found], int | None]:
    lowest, before = key_range(connection, filters.from_time, filters.to_time)
    if page.before_key is not None:
        before = min(before, key_from_bytes(page.before_key))
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


def _entries(connection: apsw.Connection, organisation: str, found: Sequence[Found]) -> list[Entry]:
    samples = _read_samples(connection, {row[0]: row[4] for row, _ in found if row[4] is not None})
    return [
        entry_of(
            entry_id=entry_id_of(key),
            organisation=organisation,
            event=event,
            window_end=window_end,
            repeats=totals_of(event, event_count, repeats),
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
