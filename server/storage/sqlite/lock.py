"""Locks that end with their process: one server a file, and one indexer."""

import fcntl
import os
from pathlib import Path

from server.core.errors import Refused


class FileLock:
    """Raises Refused, with the reason `taken`, if another process has it."""

    def __init__(self, path: Path, *, subject: str, taken: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(f"{subject} cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise Refused(f"{subject} {taken}") from error

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._descriptor)


class ServerLock(FileLock):
    """Held by the process that serves a file. Administration commands do not take it."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            Path(f"{database}.lock"),
            subject=f"the database {database}",
            taken="is in use by another server; SQLite serves one process."
            " Stop the other one, or use MongoDB (TRACKING_DATABASE_URL=mongodb://…) for more processes.",
        )
