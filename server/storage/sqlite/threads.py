"""Threads that own connections: SQLite waits for the disk, and the event loop must not."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TypeVar

import apsw

from server.core.errors import QueryTimeout, StoreUnavailable
from server.core.ports import StoreBroken
from server.storage.sqlite.connection import open_reader, translated_errors

logger = logging.getLogger("tracking.store")

_LONGEST_WAIT_SECONDS = 5.0

T = TypeVar("T")
Work = Callable[[apsw.Connection], T]


class WriteThread:
    """The one thread that writes, in the order of its calls. Owns the connection it is given."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._broken: StoreBroken | None = None
        self._closing = False

    async def run(self, work: Work[T]) -> T:
        """What `work` gives for the connection. After a StoreBroken, there is nothing but StoreBroken."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, work)

    def follow(self, work: Work[None]) -> None:
        """Called on the thread itself: have `work` done when the present work's caller has its answer."""
        if not self._closing:
            self._executor.submit(self._run_unwatched, work)

    def close(self) -> None:
        """Finish what was begun, then close the connection."""
        self._closing = True
        self._executor.shutdown()
        self._connection.close()

    def _run(self, work: Work[T]) -> T:
        if self._broken is not None:
            raise StoreBroken(self._broken.description)
        try:
            with translated_errors():
                return work(self._connection)
        except StoreBroken as error:
            self._broken = error
            raise

    def _run_unwatched(self, work: Work[None]) -> None:
        try:
            self._run(work)
        except StoreUnavailable as error:
            logger.debug("The log of the database has to wait: %s", error.description)
        except Exception:
            # Where it must not go on, the next call says so, too.
            logger.exception("The log of the database could not be brought home.")


class ReadThreads:
    """Threads with a read-only connection each, opened at its first use."""

    def __init__(self, path: Path, *, count: int, longest_wait_seconds: float = _LONGEST_WAIT_SECONDS) -> None:
        self._path = path
        self._longest_wait_seconds = longest_wait_seconds
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="sqlite-reader")
        self._connections: list[apsw.Connection] = []
        self._own = threading.local()

    async def run(self, work: Work[T]) -> T:
        """What `work` gives for one of the connections. Raises QueryTimeout if none was free in time."""
        latest = monotonic() + self._longest_wait_seconds
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, work, latest)

    def close(self) -> None:
        """Finish what was begun, then close the connections."""
        self._executor.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _run(self, work: Work[T], latest: float) -> T:
        if monotonic() > latest:
            raise QueryTimeout
        with translated_errors():
            connection: apsw.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = open_reader(self._path)
                self._connections.append(connection)
            return work(connection)
