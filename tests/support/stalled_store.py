"""A store that does not answer: another process holds the file's write lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

_PATIENCE_MILLISECONDS = 10_000


@contextmanager
def stalled(database: Path) -> Iterator[None]:
    """Nobody else can write to the file while the block runs."""
    connection = apsw.Connection(str(database))
    try:
        connection.set_busy_timeout(_PATIENCE_MILLISECONDS)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
