"""What a feed told lately, so that a reader who comes back misses nothing."""

from bisect import bisect_right

from server.core.feed import Batch, batch_of

_BATCH_BYTES = 200
"""What a batch costs beside its items."""


class Recent:
    """The newest batches of a feed, as many as fit into `capacity` bytes.

    Positions of one feed sort as its items do. `begin` is a position behind which nothing is missing.
    """

    def __init__(self, begin: str, *, capacity: int) -> None:
        self._begin = self.end = begin
        self._capacity = capacity
        self._bytes = 0
        self._batches: list[Batch] = []
        self._first = 0

    def add(self, batch: Batch) -> None:
        """Keep a batch; what was kept before a gap leads nowhere any more."""
        if batch.gap:
            self._forget_all(batch.position)
        self.end = batch.position
        if not batch.size:
            return
        self._batches.append(batch)
        self._bytes += batch.size + _BATCH_BYTES
        while self._bytes > self._capacity:
            self._forget_oldest()

    def behind(self, position: str) -> Batch | None:
        """The next batch behind a position, without what comes before it; an empty one at the end.

        None if something behind it is missing here.
        """
        if not self._begin <= position <= self.end:
            return None
        place = bisect_right(self._batches, position, lo=self._first, key=lambda batch: batch.position)
        if place == len(self._batches):
            return Batch(self.end)
        batch = self._batches[place]
        return batch_of(batch.position, [item for item in batch.items if item.position > position])

    def _forget_oldest(self) -> None:
        oldest = self._batches[self._first]
        self._first += 1
        self._bytes -= oldest.size + _BATCH_BYTES
        self._begin = oldest.position
        if 2 * self._first > len(self._batches):
            del self._batches[: self._first]
            self._first = 0

    def _forget_all(self, position: str) -> None:
        self._batches.clear()
        self._first = self._bytes = 0
        self._begin = position
