"""Where the workers of one service leave their counters, so that each of them can tell the sum."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from server.core.snapshots import Snapshot, add_snapshots, without_gauges

logger = logging.getLogger("tracking.board")

_POST_SECONDS = 0.5
_SUFFIX = ".worker"
_RESTARTS = "restarts"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


class Board:
    """A folder with a file a start of a worker. What a worker that is gone counted stays counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, start: int, snapshot: Snapshot) -> None:
        """Leave the counters of a worker; `start` is a number that no other has had."""
        self._write(f"{start}{_SUFFIX}", _encode(snapshot))

    def bury(self, start: int, *, restarts: int) -> None:
        """A worker is gone: keep its counters, forget its gauges; and leave how often one was started again."""
        path = self._folder / f"{start}{_SUFFIX}"
        if path.exists():
            self.post(start, without_gauges(_decode(path.read_bytes())))
        self._write(_RESTARTS, b"%d" % restarts)

    def total(self, start: int, own: Snapshot) -> Snapshot:
        """The sum over all workers, those that are gone included; `own` are those of `start` as they are now."""
        total = add_snapshots((own, *self._others(start)))
        return msgspec.structs.replace(total, worker_restarts=self._restarts())

    def _others(self, start: int) -> Iterator[Snapshot]:
        for path in self._folder.glob(f"*{_SUFFIX}"):
            if path.name != f"{start}{_SUFFIX}":
                yield _decode(path.read_bytes())

    def _restarts(self) -> int:
        path = self._folder / _RESTARTS
        return int(path.read_bytes()) if path.exists() else 0

    def _write(self, name: str, content: bytes) -> None:
        # A reader sees the file as it was or as it is, never a half.
        partial = self._folder / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(self._folder / name)


class Place:
    """One worker's own place on the board."""

    def __init__(self, board: Board, start: int) -> None:
        self._board = board
        self._start = start

    def total(self, own: Snapshot) -> Snapshot:
        """The sum over all workers, this one as it is now."""
        return self._board.total(self._start, own)

    @asynccontextmanager
    async def kept(self, take: Callable[[], Snapshot]) -> AsyncIterator[None]:
        """Leave the counters again and again, and once more at the end."""
        posting = asyncio.create_task(self._keep(take))
        try:
            yield
        finally:
            posting.cancel()
            self._post(take())

    async def _keep(self, take: Callable[[], Snapshot]) -> None:
        while True:
            self._post(take())
            await asyncio.sleep(_POST_SECONDS)

    def _post(self, own: Snapshot) -> None:
        try:
            self._board.post(self._start, own)
        except OSError as error:
            # A full disk is no reason to serve nobody; the next time may work.
            logger.warning("Counters cannot be left for the other workers: %s", error)
