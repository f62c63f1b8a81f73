"""The open connections of one server, and the one timer that watches over all of them."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from server.transport.http.deadlines import Deadlines

if TYPE_CHECKING:
    from server.transport.http.protocol import TrackingHttpProtocol

_DRAIN_WATCH_SECONDS = 0.05


class Connections:
    """Looks at every connection now and then, so that a request costs no timer of its own."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self.open: set[TrackingHttpProtocol] = set()
        self.draining = False
        self._all_closed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin to watch, on the running loop."""
        interval = _DRAIN_WATCH_SECONDS if self.draining else self.deadlines.watch_seconds
        self._timer = asyncio.get_running_loop().call_later(interval, self._look)

    def _look(self) -> None:
        self.watch()
        now = monotonic()
        for connection in tuple(self.open):
            connection.check_deadline(now)
            if self.draining:
                connection.close_if_quiet()

    def closed(self, connection: "TrackingHttpProtocol") -> None:
        """Forget a connection that was closed."""
        self.open.discard(connection)
        if not self.open:
            self._all_closed.set()

    async def drain(self, timeout_seconds: float) -> int:
        """Wait until every connection has had its answer and is closed, then cut off the rest: how many were those."""
        self.draining = True
        self._stop_watching()
        self._look()
        await self._wait_closed(timeout_seconds)
        cut_off = len(self.open)
        for connection in tuple(self.open):
            connection.cut_off()
        await self._wait_closed(timeout_seconds=None)
        self._stop_watching()
        return cut_off

    async def _wait_closed(self, timeout_seconds: float | None) -> None:
        self._all_closed.clear()
        if self.open:
            try:
                await asyncio.wait_for(self._all_closed.wait(), timeout_seconds)
            except TimeoutError:
                return

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
