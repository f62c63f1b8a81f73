"""The database's clock, as far as a client can know it: all processes open and end windows by the same one."""

from collections.abc import Callable
from time import monotonic_ns, time_ns
from typing import Any

NANOSECONDS_PER_MILLISECOND = 1_000_000
_LONGEST_ROUND_TRIP_NANOSECONDS = 100 * NANOSECONDS_PER_MILLISECOND


class DatabaseClock:
    """Estimates the clock of the primary from `localTime` in its answers to `hello`; before the first one, ours."""

    def __init__(self) -> None:
        self._ahead_of_monotonic: int | None = None

    def __call__(self) -> int:
        """Nanoseconds since 1970."""
        return time_ns() if self._ahead_of_monotonic is None else monotonic_ns() + self._ahead_of_monotonic

    async def refresh(self, say_hello: Callable[[], Any]) -> Any:
        """Ask once more, and give the answer back; half the way there and back is taken as its age."""
        begin = monotonic_ns()
        hello = await say_hello()
        end = monotonic_ns()
        if end - begin > _LONGEST_ROUND_TRIP_NANOSECONDS and self._ahead_of_monotonic is not None:
            # Half of a long way says little: an election was in it, or a new connection.
            return hello
        middle = (begin + end) // 2
        instant = round(hello["localTime"].timestamp() * 1000) * NANOSECONDS_PER_MILLISECOND
        self._ahead_of_monotonic = instant - middle
        return hello
