"""The file of the index: where it lies, what it remembers, and how it is thrown away."""

from contextlib import suppress
from pathlib import Path

import apsw
import msgspec

from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.statements import read_value

REBUILD = "rebuild"
"""The fact by which somebody asks the indexer for a new index."""

_APPLICATION_ID = 0x74726B69
"""Tells the file from others ("trki")."""
_BUSY_TIMEOUT_MILLISECONDS = 5_000
_WRITER_CACHE_KIBIBYTES = 64 * 1024
_READER_CACHE_KIBIBYTES = 8 * 1024
_STATEMENTS = 512
_SCHEMA = """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE skipped (key INTEGER PRIMARY KEY, event_count INTEGER) STRICT;
"""


class NotOurs(Exception):
    """The file is not an index of this program: it has to be made anew."""


class Position(msgspec.Struct, frozen=True):
    """Up to where the index follows the log.

    `watermark` is the last `pending` row that is in the index, `digest` what its content was: the log has it still,
    or is another one. Entries from `built_from` on are in the index; earlier ones are still to be read.
    """

    watermark: int = 0
    digest: int = 0
    built_from: int = LOWEST_KEY
    built_bytes: int = 0


def index_path(database: Path) -> Path:
    """The index of a database lies beside it."""
    return database.with_name(f"{database.stem}.index.db")


def open_index_writer(path: Path, kind: str) -> apsw.Connection:
    """A connection that writes, durably. Raises NotOurs where the file is no index of this kind."""
    connection = _open_writer(path)
    try:
        found = kind_of(connection)
    except apsw.Error:
        connection.close()
        raise
    if found != kind:
        connection.close()
        raise NotOurs
    return connection


def make_index(path: Path) -> apsw.Connection:
    """An empty file in place of the one that was there; readers leave it alone until it says of which kind it is."""
    throw_away(path)
    path.touch(mode=0o600)
    connection = _open_writer(path)
    connection.execute(_SCHEMA)
    connection.pragma("application_id", _APPLICATION_ID)
    return connection


def open_index_reader(path: Path) -> apsw.Connection:
    """A connection that only reads."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=_STATEMENTS)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MILLISECONDS)
    connection.pragma("cache_size", -_READER_CACHE_KIBIBYTES)
    return connection


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file lies there; another number for one that took its place. None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def throw_away(path: Path) -> None:
    """Delete the file; who has it open reads on in what is no longer there."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()


def _open_writer(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), statementcachesize=_STATEMENTS)
    try:
        connection.set_busy_timeout(_BUSY_TIMEOUT_MILLISECONDS)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("temp_store", "memory")
        connection.pragma("cache_size", -_WRITER_CACHE_KIBIBYTES)
    except BaseException:
        connection.close()
        raise
    return connection


def kind_of(connection: apsw.Connection) -> str | None:
    """The projections that the index has; None for a file that is no index, or not yet."""
    if connection.pragma("application_id") != _APPLICATION_ID:
        return None
    kind: str | None = read_value(connection, "SELECT value FROM facts WHERE name = 'projections'")
    return kind


def read_position(connection: apsw.Connection) -> Position:
    """Where the index is. Raises NotOurs if it does not say so."""
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    try:
        return Position(**{name: facts[name] for name in Position.__struct_fields__})
    except KeyError as error:
        raise NotOurs from error


def write_facts(connection: apsw.Connection, facts: dict[str, int | str]) -> None:
    """Remember these."""
    connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))


def write_position(connection: apsw.Connection, position: Position) -> None:
    """Be there from now on; in the transaction of what leads there."""
    write_facts(connection, msgspec.structs.asdict(position))
