"""What an index file holds, and its process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from server.storage.sqlite.index.file import index_path, read_position
from server.storage.sqlite.index.search_terms import organisation_term, table_of
from server.storage.sqlite.index.slices import read_slices
from server.storage.sqlite.statements import read_value


def indexed_keys(database: Path, term: str = organisation_term(1)) -> list[int]:
    """The keys of all entries that have a term, slice by slice, in order."""
    keys: list[int] = []
    with closing(apsw.Connection(str(index_path(database)), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        for each in read_slices(connection):
            table = table_of(each.id)
            rows = connection.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid", (f'"{term}"',))
            found = [int(str(row[0])) for row in rows]
            assert all(each.first_key <= key < each.end_key for key in found)
            assert term != organisation_term(1) or len(found) == each.entries
            keys += found
    return keys


def stored_keys(database: Path) -> list[int]:
    """The keys of all entries in the log."""
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return [int(str(row[0])) for row in connection.execute("SELECT key FROM entries ORDER BY key")]


def watermark(database: Path) -> int:
    """The last row of `pending` that is in the index."""
    with closing(apsw.Connection(str(index_path(database)), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return read_position(connection).watermark


def built_bytes(database: Path) -> int:
    """The bytes of the entries that were there before the index."""
    with closing(apsw.Connection(str(index_path(database)), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return read_position(connection).built_bytes


def stored_bytes(database: Path) -> int:
    """The bytes of all entries in the log."""
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return int(read_value(connection, "SELECT sum(length(data)) FROM entries"))


class IndexerProcess:
    """The indexer as the server runs it."""

    def __init__(self, database: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.storage.sqlite.index", str(database), "WARNING", "%(message)s"],
            stdin=subprocess.PIPE,
        )

    def kill(self) -> None:
        """Take it away."""
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        """End it as the server's end does; its exit code."""
        return self.wait()

    def wait(self) -> int:
        """Its exit code, when it has ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(20)


@contextmanager
def indexer_process(database: Path) -> Iterator[IndexerProcess]:
    """One that is gone at the end."""
    process = IndexerProcess(database)
    try:
        yield process
    finally:
        process.kill()
