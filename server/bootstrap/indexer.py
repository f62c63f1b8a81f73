"""The indexer's process as the server sees it: started when there is something to do, and again when it ends."""

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

from server.bootstrap.welcome import LOG_FORMAT
from server.core.snapshots import IndexGauges
from server.storage.sqlite.index.__main__ import TAKEN
from server.storage.sqlite.store import SqliteStore

logger = logging.getLogger("tracking.index")

_LOOK_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0
"""One that ran so long is started again after the shortest pause."""
_END_SECONDS = 3.0


class IndexerProcess:
    """Keeps one running beside the server, until it is closed."""

    def __init__(self, store: SqliteStore) -> None:
        self._database = store.path
        self._progress = store.progress
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = self._due = 0.0
        self._pause = _PAUSE_SECONDS
        self._restarts = 0

    def gauges(self) -> IndexGauges:
        """How far the index is behind."""
        return self._progress.gauges(restarts=self._restarts)

    def start(self) -> None:
        """Begin to look after it, on the running loop."""
        self._task = asyncio.create_task(self._look_after())

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)
            self._process = None

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                self._look()
            except OSError as error:
                logger.warning("The indexer cannot be started: %s", error)
                self._wait()

    def _look(self) -> None:
        now = monotonic()
        if self._process is not None and (code := self._process.poll()) is not None:
            _end(self._process)
            self._process = None
            if code == TAKEN:
                self._due = now + _PAUSE_SECONDS
                return
            logger.error("The indexer ended (exit code %d); another one is started.", code)
            self._restarts += 1
            if now - self._started > _STEADY_SECONDS:
                self._pause = _PAUSE_SECONDS
            self._wait()
        if self._process is None and self._progress.has_work and now >= self._due:
            self._process = _begin(self._database)
            self._started = now

    def _wait(self) -> None:
        self._due = monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)


def _begin(database: Path) -> "subprocess.Popen[bytes]":
    level = logging.getLevelName(logger.getEffectiveLevel())
    # It imports what this process does, wherever that came from.
    path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
    return subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-m", "server.storage.sqlite.index", str(database), level, LOG_FORMAT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
