"""The projection that searches read: an inverted index of the terms of all entries, a table a slice of time."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from time import time_ns
from typing import TypeVar

import apsw

from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.query.terms import terms_of, vocabulary_of
from server.storage.sqlite.index.batch import AddedEntry, Batch, RemovedEntry
from server.storage.sqlite.index.slices import SCHEMA, Slice, Slices, read_slices
from server.storage.sqlite.keyspace import first_key

_HASH_BYTES = 32 * 1024 * 1024
"""Postings are sorted in memory up to so many; more would be more segments to merge."""
_REMEMBERED_WORDS = 500_000
_VOCABULARY = "CREATE TABLE vocabulary (slice INTEGER, term TEXT, PRIMARY KEY (slice, term)) STRICT, WITHOUT ROWID"

T = TypeVar("T", AddedEntry, RemovedEntry)


def table_of(slice_id: int) -> str:
    """The name of a slice's table."""
    return f"terms_{slice_id}"


def organisation_term(organisation: int) -> str:
    """The term that all entries of an organisation have."""
    return f"n:{organisation}"


class SearchTerms:
    """See `Projection`. A row of a slice's table is an entry's key and its terms, of which only postings are kept."""

    name = "search_terms"
    version = 1

    def __init__(self) -> None:
        self._slices: Slices | None = None
        self._words: dict[int, set[str]] = {}

    def create(self, connection: apsw.Connection) -> None:
        """See `Projection`."""
        connection.execute(SCHEMA)
        connection.execute(_VOCABULARY)
        self.forget()

    def forget(self) -> None:
        """See `Projection`."""
        self._slices = None
        self._words.clear()

    def apply(self, connection: apsw.Connection, batch: Batch) -> None:
        """See `Projection`."""
        if self._slices is None:
            self._slices = Slices(read_slices(connection))
        self._remove(connection, self._slices, batch.removed)
        self._add(connection, self._slices, batch.added)

    def _add(self, connection: apsw.Connection, slices: Slices, added: list[AddedEntry]) -> None:
        now_key = first_key(time_ns() // NANOSECONDS_PER_MILLISECOND)
        for entry in added:
            if slices.find(entry.key) is None:
                _make_table(connection, slices.make(entry.key, now_key))
        for place, entries in _by_slice(slices, added):
            all_terms: set[str] = set()
            rows: list[tuple[int, str]] = []
            for entry in entries:
                terms = terms_of(entry.event)
                all_terms |= terms
                rows.append((entry.key, " ".join((organisation_term(entry.organisation), *terms))))
            connection.executemany(f"INSERT INTO {table_of(place.id)} (rowid, terms) VALUES (?, ?)", rows)  # noqa: S608 - ours
            self._learn(connection, place.id, all_terms)
            place.entries += len(rows)
            _count(connection, place)

    def _learn(self, connection: apsw.Connection, slice_id: int, terms: set[str]) -> None:
        known = self._words.setdefault(slice_id, set())
        new = vocabulary_of(terms - known)
        if new:
            connection.executemany("INSERT OR IGNORE INTO vocabulary VALUES (?, ?)", [(slice_id, word) for word in new])
            known |= new
        if sum(map(len, self._words.values())) > _REMEMBERED_WORDS:
            self._words.clear()

    def _remove(self, connection: apsw.Connection, slices: Slices, removed: list[RemovedEntry]) -> None:
        for place, entries in _by_slice(slices, removed):
            keys = [(entry.key,) for entry in entries]
            place.entries -= len(keys)
            if place.entries > 0:
                connection.executemany(f"DELETE FROM {table_of(place.id)} WHERE rowid = ?", keys)  # noqa: S608 - ours
                _count(connection, place)
            else:
                connection.execute(f"DROP TABLE {table_of(place.id)}")
                connection.execute("DELETE FROM slices WHERE id = ?", (place.id,))
                connection.execute("DELETE FROM vocabulary WHERE slice = ?", (place.id,))
                slices.remove(place)
                self._words.pop(place.id, None)


def _by_slice(slices: Slices, entries: Iterable[T]) -> Iterator[tuple[Slice, list[T]]]:
    """Entries, which are in the order of their keys, slice by slice; those that have none are left out."""
    for place, some in groupby(entries, key=lambda entry: slices.find(entry.key)):
        if place is not None:
            yield place, list(some)


def _make_table(connection: apsw.Connection, made: Slice) -> None:
    # Terms are without spaces, and folded: the plainest tokenizer leaves them as they are. `columnsize=0` would spare
    # the table of sizes, but SQLite refuses it together with `contentless_delete`.
    connection.execute(
        f"CREATE VIRTUAL TABLE {table_of(made.id)} USING fts5("
        "terms, content='', contentless_delete=1, detail=none, tokenize=\"ascii tokenchars '_:='\")"
    )
    table = table_of(made.id)
    connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('hashsize', ?)", (_HASH_BYTES,))  # noqa: S608 - ours
    connection.execute("INSERT INTO slices VALUES (?, ?, ?, 0)", (made.id, made.first_key, made.end_key))


def _count(connection: apsw.Connection, changed: Slice) -> None:
    connection.execute("UPDATE slices SET entries = ? WHERE id = ?", (changed.entries, changed.id))
