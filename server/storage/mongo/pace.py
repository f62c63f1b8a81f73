"""How fast a change stream is read: never at the cost of ingest, and never endlessly behind it."""

import asyncio
from collections.abc import Callable
from time import monotonic, thread_time

from server.core.model import NANOSECONDS_PER_SECOND

_TURN_SECONDS = 0.004
_RESTS_A_TURN = 3.0
"""Behind each turn the stream rests so many times as long: it takes a quarter of the event loop's time at most."""
_MOST_A_CHANGE_SECONDS = 0.001
"""What is more was spent by others, while the database was waited for."""
_FAR_SECONDS = 5.0
_PATIENCE_SECONDS = 10.0


class TooFarBehind(Exception):
    """The stream has been far behind for long: more is committed than it may read."""


class Pace:
    """Told of each change of one stream. `clock` is the database's, in nanoseconds since 1970."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._spent = 0.0
        self._begin = 0.0
        self._far_since: float | None = None

    def begin(self) -> None:
        """A change is asked for."""
        self._begin = thread_time()

    async def end(self, committed_seconds: int) -> None:
        """It has been told; it was committed at this time, in seconds since 1970. Raises TooFarBehind."""
        self._spent += min(thread_time() - self._begin, _MOST_A_CHANGE_SECONDS)
        if self._spent < _TURN_SECONDS:
            return
        self._check(committed_seconds)
        await asyncio.sleep(self._spent * _RESTS_A_TURN)
        self._spent = 0.0

    def _check(self, committed_seconds: int) -> None:
        if self._clock() / NANOSECONDS_PER_SECOND - committed_seconds < _FAR_SECONDS:
            self._far_since = None
        elif self._far_since is None:
            self._far_since = monotonic()
        elif monotonic() - self._far_since > _PATIENCE_SECONDS:
            raise TooFarBehind
