"""When to stop adding up."""

from collections.abc import Callable
from time import monotonic

SECONDS = 2.0
"""What a question may take, roughly."""


class Deadline:
    """A time to stop; `was_met` remembers whether anybody had to. `clock` is monotonic, in seconds."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self.was_met = True

    def is_over(self) -> bool:
        """Whether to stop now, which leaves the answer incomplete."""
        if self._clock() <= self._end:
            return False
        self.was_met = False
        return True
