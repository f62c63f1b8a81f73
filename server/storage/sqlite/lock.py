"""One server a file: a lock that ends with its process."""

import fcntl
import os
from pathlib import Path

from server.core.errors import Refused


class ServerLock:
    """Held by the process that serves a file. Administration commands do not take it."""

    def __init__(self, database: Path) -> None:
        try:
            self._descriptor = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(f"the database {database} cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise Refused(
                f"the database {database} is in use by another server; SQLite serves one process."
                " Stop the other one, or use MongoDB (TRACKING_DATABASE_URL=mongodb://…) for more processes."
            ) from error

    def release(self) -> None:
        """Let another server have the file."""
        os.close(self._descriptor)
