"""How far the index is behind the log, as the server sees it, and how that slows down what is written in bulk."""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from server.core.snapshots import IndexGauges

CALM_ENTRIES = 500_000
"""So many may wait for the index before commits wait for it: a burst of some ten seconds at full rate."""
_FULL_PRESSURE_ENTRIES = 2_000_000
_WAIT_SECONDS = 0.0002
"""What an event's commit waits at full pressure."""
LONGEST_WAIT_SECONDS = 1.0
"""What a commit waits at most."""
_STANDSTILL_SECONDS = 10.0
"""An index that has not moved for so long is not waited for."""


class _Mark(NamedTuple):
    pending_id: int
    committed: int
    since: float


class Progress:
    """Told of every commit, and once a second of the watermark. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._committed = 0
        self._indexed = 0
        self._marked = 0
        self._first_unmarked: float | None = None
        self._marks: deque[_Mark] = deque()
        self._watermark = 0
        self._moved = -_STANDSTILL_SECONDS
        self.has_work = False
        """Whether there is something for the indexer to do."""

    def committed(self, events: int) -> None:
        """A commit of so many events is durable."""
        self._committed += events
        if self._first_unmarked is None:
            self._first_unmarked = self._clock()

    def observe(self, watermark: int, last_pending_id: int, *, is_complete: bool) -> None:
        """The index has the rows up to `watermark`; `last_pending_id` is the last one that was written.

        `is_complete`: it has everything, too, that was in the log when it was made.
        """
        now = self._clock()
        self.has_work = last_pending_id > 0 and (watermark < last_pending_id or not is_complete)
        if watermark != self._watermark:
            self._watermark, self._moved = watermark, now
        if self._committed > self._marked:
            since = now if self._first_unmarked is None else self._first_unmarked
            self._marks.append(_Mark(last_pending_id, self._committed, since))
            self._marked, self._first_unmarked = self._committed, None
        while self._marks and self._marks[0].pending_id <= watermark:
            self._indexed = self._marks.popleft().committed
        if watermark >= last_pending_id:
            self._indexed = self._committed

    def gauges(self, *, restarts: int = 0) -> IndexGauges:
        """For who watches."""
        oldest = self._marks[0].since if self._marks else None
        return IndexGauges(
            lag_seconds=0.0 if oldest is None else self._clock() - oldest,
            pending_entries=self._marked - self._indexed,
            restarts=restarts,
        )

    def pressure_seconds(self, events: int) -> float:
        """How long a commit of so many events should wait, so that the index can follow: a single one does not."""
        behind = self._committed - self._indexed - CALM_ENTRIES
        if behind <= 0 or self._clock() - self._moved > _STANDSTILL_SECONDS:
            return 0.0
        share = min(1.0, behind / (_FULL_PRESSURE_ENTRIES - CALM_ENTRIES))
        return min(LONGEST_WAIT_SECONDS, share * events * _WAIT_SECONDS)
