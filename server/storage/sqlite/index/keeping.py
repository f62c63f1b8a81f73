"""Who keeps the index, one process at a time; and what a command does about it, beside a server or without one."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from time import sleep

import apsw
import msgspec

from server.core.errors import Refused, StoreUnavailable
from server.storage.sqlite.connection import translated_errors
from server.storage.sqlite.index.file import REBUILD, Position, index_path, open_index_reader, write_facts
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.index.log import Log, LogFailed
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.lock import FileLock
from server.storage.sqlite.survey import size_on_disk

_LOOK_SECONDS = 0.2
_OVERHEAD = 1.08
"""Bytes of the database for a byte of entries, roughly."""


class IndexLock(FileLock):
    """Held by whoever writes the index of a database."""

    def __init__(self, database: Path) -> None:
        path = index_path(database)
        super().__init__(Path(f"{path}.lock"), subject=f"the index {path}", taken="is kept by another process.")


class IndexStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`share` of the entries that were there before the index are in it (0 to 1); `pending_entries` came since."""

    path: str
    is_there: bool
    share: float
    pending_entries: int
    size: int

    @property
    def is_up_to_date(self) -> bool:
        """Whether everything is in it."""
        return self.is_there and self.share == 1.0 and not self.pending_entries


def read_status(database: Path) -> IndexStatus:
    """How the index is now. Raises StoreUnavailable if the database cannot be read."""
    path = index_path(database)
    with translated_errors(), closing(Log(database)) as log, closing(IndexReader(path)) as reader:
        position = reader.position()
        return IndexStatus(
            path=str(path),
            is_there=position is not None,
            share=0.0 if position is None else _share(position, log.used_bytes()),
            pending_entries=log.pending_entries(0 if position is None else position.watermark),
            size=size_on_disk(path),
        )


def rebuild(database: Path, on_step: Callable[[float], None]) -> None:
    """Make the index anew, or have the server that runs do it. `on_step` is told the share that is done, 0 to 1.

    Returns once everything that was in the log is in the index.
    """
    if (lock := _lock(database)) is None:
        _ask(database)
        while (lock := _lock(database)) is None:
            status = read_status(database)
            if status.share == 1.0 and not _is_asked(database):
                return
            on_step(status.share)
            sleep(_LOOK_SECONDS)
    try:
        _build(database, on_step)
    finally:
        lock.release()


def _build(database: Path, on_step: Callable[[float], None]) -> None:
    try:
        with translated_errors(), Indexer(database) as indexer:
            used = indexer.log.used_bytes()
            indexer.make_anew()
            indexer.run_to_end(lambda position: on_step(_share(position, used)))
    except LogFailed as error:
        raise StoreUnavailable(f"The database file cannot be read now: {error}") from error


def _lock(database: Path) -> IndexLock | None:
    try:
        return IndexLock(database)
    except Refused:
        return None


def _ask(database: Path) -> None:
    """Leave a note in the file for the indexer. It looks once a second, and makes one anyhow that cannot be read."""
    with suppress(apsw.Error), closing(_open(database)) as connection:
        write_facts(connection, {REBUILD: 1})


def _is_asked(database: Path) -> bool:
    """Whether the note is there still: it goes with the old file."""
    with suppress(apsw.Error), closing(open_index_reader(index_path(database))) as connection:
        return bool(connection.execute("SELECT 1 FROM facts WHERE name = ?", (REBUILD,)).fetchone())
    return False


def _open(database: Path) -> apsw.Connection:
    connection = apsw.Connection(str(index_path(database)), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5_000)
    return connection


def _share(position: Position, used_bytes: int) -> float:
    if position.built_from == LOWEST_KEY:
        return 1.0
    return min(0.99, position.built_bytes * _OVERHEAD / max(used_bytes, 1))
