"""How many bytes may wait in memory: bodies being read and events waiting for their commit share one budget."""

from typing import Self

from server.core.errors import Overloaded


class ByteBudget:
    """Counts the bytes that are held; belongs to one event loop.

    What is larger than the whole budget is admitted while nothing else is held: it would never be otherwise.
    """

    __slots__ = ("capacity", "used")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0

    def reserve(self, size: int) -> None:
        """Hold `size` bytes more; raises Overloaded, and holds nothing, where they do not fit."""
        if self.used and self.used + size > self.capacity:
            raise Overloaded
        self.used += size

    def release(self, size: int) -> None:
        """Give back bytes that were reserved."""
        self.used -= size

    def lease(self) -> "Lease":
        """A growing part of the budget, all given back when its `with` block ends, however it ends."""
        return Lease(self)


class Lease:
    """What one request holds of a budget while it is read and decoded."""

    __slots__ = ("_budget", "held")

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self.held = 0

    def grow(self, size: int) -> None:
        """Hold `size` bytes more; raises Overloaded where they do not fit beside what others hold."""
        budget = self._budget
        if budget.used != self.held and budget.used + size > budget.capacity:
            raise Overloaded
        budget.used += size
        self.held += size

    def end(self) -> None:
        """Give back all that it holds."""
        self._budget.release(self.held)
        self.held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
