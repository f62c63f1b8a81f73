"""The indexer: follows the log and keeps the index file. One a database; whatever it dies of, it loses nothing."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw
import msgspec

from server.storage.sqlite.connection import transaction
from server.storage.sqlite.index.batch import Batch, Projection
from server.storage.sqlite.index.changes import Skipped, read_batch, read_skipped, write_skipped
from server.storage.sqlite.index.file import (
    REBUILD,
    NotOurs,
    Position,
    identity_of,
    index_path,
    make_index,
    open_index_writer,
    read_position,
    write_facts,
    write_position,
)
from server.storage.sqlite.index.groups import GroupSums
from server.storage.sqlite.index.log import Log
from server.storage.sqlite.index.rollups import Rollups
from server.storage.sqlite.index.search_terms import SearchTerms
from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.statements import read_value

BATCH_CHANGES = 4_000
"""Entries of one transaction of the index, roughly."""
_BROKEN = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, NotOurs)
"""What a file raises that is damaged, or no index of this program, or of another log."""


class Step(IntEnum):
    """What a step had to do."""

    NOTHING = 0
    SOMETHING = 1
    MUCH = 2
    """There is more to do at once."""


def default_projections() -> tuple[Projection, ...]:
    """All that is kept of a log."""
    return (SearchTerms(), Rollups(), GroupSums())


class Indexer:
    """Keeps the index of one database. Raises SQLite's errors and LogFailed: the next step does it again."""

    def __init__(self, database: Path, projections: Sequence[Projection] | None = None) -> None:
        self._path = index_path(database)
        self._projections = default_projections() if projections is None else projections
        self._kind = ", ".join(f"{each.name} {each.version}" for each in self._projections)
        self.log = Log(database)
        self._connection: apsw.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._is_new = False
        self.position = Position()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of both files."""
        self._close_index()
        self.log.close()

    def step(self) -> Step:
        """Bring the index a piece further. A file that is not right is made anew."""
        try:
            step = self._step()
        except _BROKEN:
            if self._is_new:
                raise
            self.make_anew()
            return Step.MUCH
        self._is_new = False
        return step

    def run_to_end(self, on_step: Callable[[Position], None] = lambda _position: None) -> None:
        """Until everything that is in the log is in the index, too."""
        while self.step():
            on_step(self.position)

    def data_version(self) -> int:
        """A number that changes when the log does."""
        return self.log.data_version()

    def make_anew(self) -> None:
        """Begin again with nothing."""
        self._close_index()
        self._is_new = True
        self._connection = connection = make_index(self._path)
        self._identity = identity_of(self._path)
        with self.log.view():
            position = self.log.begin()
        with transaction(connection):
            for projection in self._projections:
                projection.create(connection)
            write_position(connection, position)
            write_facts(connection, {"projections": self._kind})

    def _step(self) -> Step:
        connection = self._open()
        if read_value(connection, "SELECT value FROM facts WHERE name = ?", (REBUILD,)):
            raise NotOurs
        self.position = position = read_position(connection)
        before = read_skipped(connection)
        skipped = dict(before)
        with self.log.view():
            if not self.log.continues(position):
                raise NotOurs
            batch, position = self._read(position, skipped)
        if position == self.position:
            return Step.NOTHING
        self._write(connection, batch, position, before, skipped)
        changes = len(batch.removed) + len(batch.added) + len(batch.repeated)
        is_much = changes >= BATCH_CHANGES // 2 or position.built_from != LOWEST_KEY
        return Step.MUCH if is_much else Step.SOMETHING

    def _read(self, position: Position, skipped: Skipped) -> tuple[Batch, Position]:
        """The next batch, and where the index is with it."""
        batch = Batch([], [], [])
        rows = self.log.pending(position.watermark, BATCH_CHANGES)
        if rows:
            batch = read_batch(self.log, rows, skipped, position.built_from)
            position = msgspec.structs.replace(position, watermark=rows[-1].number, digest=rows[-1].digest)
        if position.built_from != LOWEST_KEY and position.watermark == self.log.last_pending():
            # Nothing is left that could tell of the entries that are read now as they are.
            return self._build(batch, position)
        return batch, position

    def _build(self, batch: Batch, position: Position) -> tuple[Batch, Position]:
        earlier, size, is_more = self.log.earlier(position.built_from, BATCH_CHANGES)
        built = msgspec.structs.replace(
            position,
            built_from=earlier[-1].key if is_more else LOWEST_KEY,
            built_bytes=position.built_bytes + size,
        )
        return Batch(batch.removed, [*reversed(earlier), *batch.added], batch.repeated), built

    def _write(
        self, connection: apsw.Connection, batch: Batch, position: Position, before: Skipped, after: Skipped
    ) -> None:
        try:
            with transaction(connection):
                for projection in self._projections:
                    projection.apply(connection, batch)
                write_skipped(connection, before, after)
                write_position(connection, position)
        except BaseException:
            self._forget()
            raise
        self.position = position

    def _open(self) -> apsw.Connection:
        identity = identity_of(self._path)
        if identity is None or (self._connection is not None and identity != self._identity):
            # Somebody has thrown it away, which is how one asks for a new one.
            raise NotOurs
        if self._connection is None:
            self._connection, self._identity = open_index_writer(self._path, self._kind), identity
        return self._connection

    def _close_index(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._forget()

    def _forget(self) -> None:
        for projection in self._projections:
            projection.forget()
