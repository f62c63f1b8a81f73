"""What the core and the doors measure, in numbers cheap enough to take on every request."""

from bisect import bisect_left
from typing import Literal, Protocol

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS_BUCKETS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


class CommitObserver(Protocol):
    """Told of every durable commit."""

    def committed(self, *, events: int, seconds: float) -> None:
        """A commit of this many events took this long."""


class Distribution:
    """Counts observations by upper bound; `counts` has one place more than `bounds`, for what lies above."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


DeletionReason = Literal["retention", "size", "request"]
DELETION_REASONS: tuple[DeletionReason, ...] = ("retention", "size", "request")
"""Their period had ended, the file had no room, somebody asked."""


class Observations:
    """All distributions of one process: commits, and requests by (door, method, code); and what it has deleted."""

    def __init__(self) -> None:
        self.commit_seconds = Distribution(SECONDS_BUCKETS)
        self.commit_events = Distribution(EVENTS_BUCKETS)
        self.request_seconds: dict[tuple[str, str, str], Distribution] = {}
        self.deleted_entries: dict[DeletionReason, int] = dict.fromkeys(DELETION_REASONS, 0)

    def deleted(self, reason: DeletionReason, entries: int) -> None:
        """Entries have gone for good."""
        self.deleted_entries[reason] += entries

    def committed(self, *, events: int, seconds: float) -> None:
        """See `CommitObserver`."""
        self.commit_seconds.observe(seconds)
        self.commit_events.observe(events)

    def answered(self, door: str, method: str, code: str, seconds: float) -> None:
        """A request was answered. The three labels are of small, fixed sets."""
        label = door, method, code
        distribution = self.request_seconds.get(label)
        if distribution is None:
            distribution = self.request_seconds[label] = Distribution(SECONDS_BUCKETS)
        distribution.observe(seconds)
