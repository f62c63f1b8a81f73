"""The log and the sums in the index, seen together: each event is in the one or told of by the other, never both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import apsw

from server.core.statistics.deadline import Deadline
from server.storage.sqlite.index.batch import Batch
from server.storage.sqlite.index.changes import read_batch, read_skipped
from server.storage.sqlite.index.file import Position, kind_of
from server.storage.sqlite.index.groups import GroupSums
from server.storage.sqlite.index.log import Log
from server.storage.sqlite.index.rollups import Rollups
from server.storage.sqlite.index.view import IndexReader, IndexUnusable, IndexView, translated
from server.storage.sqlite.keyspace import HIGHEST_KEY
from server.storage.sqlite.statements import read_value

_MOST_CHANGES = 200_000
"""More of them are not added up for a question: the index is far behind, and the answer not complete."""
_NEEDED = tuple(f"{each.name} {each.version}" for each in (Rollups, GroupSums))
_NOTHING = Batch([], [], [])

T = TypeVar("T")


class _LogView(Log):
    """The log through a connection that is in a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection


class Standing(NamedTuple):
    """`log` and `sums` (the index) are connections that each show one state of their file.

    The index has the sums of entries with keys from `built_from` on, but for `tail`, what happened since. Without an
    index `built_from` is behind all keys.
    """

    log: apsw.Connection
    sums: apsw.Connection | None
    built_from: int
    tail: Batch
    deadline: Deadline


def ask(log: apsw.Connection, reader: IndexReader, question: Callable[[Standing], T]) -> tuple[T, bool]:
    """The answer from both files as they are now, or from the log alone where there is no index; whether in time."""
    deadline = Deadline()
    with one_state(log):
        try:
            with reader.view() as view, translated():
                return question(_with_index(log, view, deadline)), deadline.was_met
        except IndexUnusable:
            # It is made anew; until then the log is all there is.
            deadline.was_met = True
        return question(_without_index(log, deadline)), deadline.was_met


def _without_index(log: apsw.Connection, deadline: Deadline) -> Standing:
    return Standing(log, None, HIGHEST_KEY, _NOTHING, deadline)


@contextmanager
def one_state(log: apsw.Connection) -> Iterator[None]:
    """The log as it is now, whatever is written meanwhile."""
    log.execute("BEGIN")
    try:
        # A transaction sees the file as it is at the first read; it has to come before the index is looked at.
        read_value(log, "SELECT max(id) FROM pending")
        yield
    finally:
        if log.in_transaction:
            log.execute("COMMIT")


def _with_index(log: apsw.Connection, view: IndexView, deadline: Deadline) -> Standing:
    kinds = (kind_of(view.connection) or "").split(", ")
    if not all(kind in kinds for kind in _NEEDED):
        raise IndexUnusable("it has no sums, or others")
    skipped = read_skipped(view.connection)
    entries = _LogView(log)
    position = view.position
    if not _follows(entries, position):
        raise IndexUnusable("it is of another log")
    rows = entries.pending(position.watermark, _MOST_CHANGES)
    if rows and rows[-1].number < entries.last_pending():
        deadline.was_met = False
    tail = read_batch(entries, rows, skipped, position.built_from) if rows else _NOTHING
    return Standing(log, view.connection, position.built_from, tail, deadline)


def _follows(log: Log, position: Position) -> bool:
    # The index is looked at later, and may be further than the log was.
    return position.watermark > log.last_pending() or log.continues(position)
