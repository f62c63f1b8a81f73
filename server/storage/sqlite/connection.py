"""Connections to the file, and what SQLite's errors mean to the core."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from server.core.errors import Internal, StoreUnavailable, TrackingError
from server.core.ports import StoreBroken

_BUSY_TIMEOUT_MILLISECONDS = 3_000
_WRITER_CACHE_KIBIBYTES = 16 * 1024
_READER_CACHE_KIBIBYTES = 4 * 1024
_STATEMENTS = 256
"""Prepared statements that are kept."""

_LOST_WRITES = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})
"""After these nobody knows what the disk holds: only a new process, which reads it afresh, may go on."""
_NOT_NOW = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.NoMemError,
    apsw.PermissionsError,
    apsw.ProtocolError,
)


def open_writer(path: Path) -> apsw.Connection:
    """A connection that writes: every commit is fsynced before it returns."""
    connection = apsw.Connection(str(path), statementcachesize=_STATEMENTS)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MILLISECONDS)
    connection.pragma("synchronous", "full")
    connection.pragma("foreign_keys", 1)
    connection.pragma("temp_store", "memory")
    connection.pragma("cache_size", -_WRITER_CACHE_KIBIBYTES)
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """A connection that can only read; it never blocks the writer, nor is it blocked."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MILLISECONDS)
    connection.pragma("cache_size", -_READER_CACHE_KIBIBYTES)
    return connection


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn SQLite's errors into the core's."""
    try:
        yield
    except apsw.Error as error:
        raise _translated(error) from error


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """One durable write: all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


@contextmanager
def unhurried(connection: apsw.Connection) -> Iterator[None]:
    """What is written inside reaches the disk with the next commit that waits for it, or soon.

    For what may be done again: a machine that loses its power may lose it, never what came before.
    """
    connection.pragma("synchronous", "normal")
    try:
        yield
    finally:
        try:
            connection.pragma("synchronous", "full")
        except apsw.Error as error:
            # Nothing may be acknowledged by a connection that does not wait for the disk.
            raise StoreBroken(f"Commits can no longer be made durable: {error}") from error


def _roll_back(connection: apsw.Connection) -> None:
    # SQLite has rolled back by itself where it had to.
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except apsw.Error as error:
            raise StoreBroken(f"A failed write could not be taken back: {error}") from error


def _translated(error: apsw.Error) -> TrackingError:
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return StoreBroken(f"The database file is damaged: {error}")
    if isinstance(error, apsw.FullError):
        return StoreUnavailable("The disk is full.")
    if isinstance(error, apsw.IOError):
        if getattr(error, "extendedresult", 0) in _LOST_WRITES:
            return StoreBroken(f"The disk did not confirm a write: {error}")
        return StoreUnavailable(f"The disk cannot be read or written: {error}")
    if isinstance(error, _NOT_NOW):
        return StoreUnavailable(f"The database file cannot be written now: {error}")
    return Internal(f"The embedded store failed: {error}")
