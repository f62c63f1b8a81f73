"""Bringing the write-ahead log home, between commits instead of inside of one."""

import apsw

_DUE_PAGES = 1_000
"""A longer log means rarer and longer stalls, a shorter one writes the same page of the file more often."""


class Checkpoints:
    """Counts the pages that went into the log of one writing connection, and empties it when they are many."""

    def __init__(self, connection: apsw.Connection) -> None:
        # SQLite's own way runs inside COMMIT, before the answer, and tells nobody when the disk fails it.
        connection.wal_autocheckpoint(0)
        self._pages = 0

    def is_due(self, connection: apsw.Connection) -> bool:
        """Called after a commit."""
        self._pages += connection.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE, reset=True)[0]
        return self._pages >= _DUE_PAGES

    def run(self, connection: apsw.Connection) -> None:
        """Copy the log into the file. Until it worked, it stays due."""
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        self._pages = 0
