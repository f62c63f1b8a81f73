"""The index as searches read it: one view of the file, in which terms lead to keys."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec

from server.core.query.plan import Plan, Requirement
from server.storage.sqlite.index.file import (
    NotOurs,
    Position,
    identity_of,
    kind_of,
    open_index_reader,
    read_position,
    throw_away,
)
from server.storage.sqlite.index.search_terms import SearchTerms, organisation_term, table_of
from server.storage.sqlite.index.slices import Slice
from server.storage.sqlite.statements import read_value

logger = logging.getLogger("tracking.index")

_KIND = f"{SearchTerms.name} {SearchTerms.version}"
_MOST_WORDS = 400
"""Words of the vocabulary that stand for a prefix; with more of them a scan is faster."""
_SLICES = "SELECT id, first_key, end_key FROM slices WHERE end_key > ? AND first_key < ? ORDER BY first_key DESC"
_KEYS = """
    SELECT json_group_array(rowid) FROM (
        SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?
    )
"""
_VOCABULARY = """
    SELECT json_group_array(term) FROM (
        SELECT term FROM vocabulary WHERE slice = ? AND term >= ? AND term < ? LIMIT ?
    )
"""
_decode_keys = msgspec.json.Decoder(list[int]).decode
_decode_words = msgspec.json.Decoder(list[str]).decode


class IndexUnusable(Exception):
    """There is no index, or none that can be read: whoever wanted it has to scan."""


class IndexView:
    """One view: what is added meanwhile is not seen, and is for whoever knows its `position`."""

    def __init__(self, connection: apsw.Connection, position: Position) -> None:
        self._connection = connection
        self.position = position

    @property
    def connection(self) -> apsw.Connection:
        """What other projections are read by; whatever SQLite says goes through `translated`."""
        return self._connection

    def slices(self, lowest: int, before: int) -> list[Slice]:
        """The slices that have keys in a range, the latest first."""
        with translated():
            rows: list[Any] = self._connection.execute(_SLICES, (lowest, before)).fetchall()
            return [Slice(*row) for row in rows]

    def expression(self, plan: Plan, organisation: int, place: Slice) -> str | None:
        """What a plan asks of a slice; None if terms do not help there."""
        required = [self._any_of(one, place) for one in plan.requirements]
        helpful = [one for one in required if one is not None]
        return " AND ".join([f'"{organisation_term(organisation)}"', *helpful]) if helpful else None

    def keys(self, place: Slice, expression: str, lowest: int, before: int, most: int) -> list[int]:
        """The last keys of a slice that have what an expression asks for, within a range, the latest first."""
        with translated():
            keys: str = read_value(
                self._connection, _KEYS.format(table=table_of(place.id)), (expression, lowest, before, most)
            )
            return _decode_keys(keys)

    def _any_of(self, required: Requirement, place: Slice) -> str | None:
        terms = list(required.terms)
        for prefix in required.prefixes:
            words = self._words(prefix, place)
            if len(words) > _MOST_WORDS:
                return None
            terms += words
        quoted = [f'"{term}"' for term in dict.fromkeys(terms)]
        return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"

    def _words(self, prefix: str, place: Slice) -> list[str]:
        with translated():
            # Terms are UTF-8 in the file, whose bytes sort as code points do: behind them all is the last one.
            words: str = read_value(
                self._connection, _VOCABULARY, (place.id, prefix, f"{prefix}\U0010ffff", _MOST_WORDS + 1)
            )
            return _decode_words(words)


class IndexReader:
    """A connection to the index file, opened when there is one, and again when it has become another file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def view(self) -> Iterator[IndexView]:
        """A view of the index as it is now. Raises IndexUnusable where there is none that searches can use."""
        try:
            with translated():
                view = self._begin()
            yield view
        except IndexUnusable as error:
            # Whatever is wrong with it, the next one opens it afresh.
            is_damaged = isinstance(error.__cause__, apsw.CorruptError | apsw.NotADBError)
            if is_damaged and self._identity == identity_of(self._path):
                logger.warning("The index is damaged, and is made anew: %s", error)
                throw_away(self._path)
            self.close()
            raise
        finally:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def position(self) -> Position | None:
        """Where the index is, None if it cannot be read."""
        try:
            with self.view() as view:
                return view.position
        except IndexUnusable:
            return None

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> IndexView:
        connection = self._open()
        connection.execute("BEGIN")
        kind = kind_of(connection)
        if kind is None or _KIND not in kind.split(", "):
            raise IndexUnusable("it is of another kind, or still being made")
        return IndexView(connection, read_position(connection))

    def _open(self) -> apsw.Connection:
        identity = identity_of(self._path)
        if identity is None:
            raise IndexUnusable("there is none")
        if self._connection is None or identity != self._identity:
            self.close()
            self._connection, self._identity = open_index_reader(self._path), identity
        return self._connection


@contextmanager
def translated() -> Iterator[None]:
    """Whatever SQLite says of the index, it is not to be used."""
    try:
        yield
    except (apsw.Error, NotOurs, msgspec.MsgspecError) as error:
        raise IndexUnusable(str(error)) from error


class IndexReaders:
    """A reader a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._readers: list[IndexReader] = []

    def own(self) -> IndexReader:
        """The one of the thread that asks."""
        reader: IndexReader | None = getattr(self._own, "reader", None)
        if reader is None:
            reader = self._own.reader = IndexReader(self._path)
            self._readers.append(reader)
        return reader

    def close(self) -> None:
        """Close them, when no thread reads any more."""
        for reader in self._readers:
            reader.close()
