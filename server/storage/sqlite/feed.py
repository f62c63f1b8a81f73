"""The commits of this process, told to whoever follows: a file has one server, so these are all there are."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from time import monotonic_ns

from server.core.feed import Batch, NewEntry, PositionLost, Repeated, batch_of
from server.core.model import Outcome, Receipt
from server.core.portions import portions
from server.core.stored import Repeats, StoredEvent, first_repeats
from server.storage.sqlite.codec import PreparedEvent, decode_event, entry_id_of
from server.storage.sqlite.statements import Row

_ITEMS_A_BATCH = 250
"""What is handed on in one turn of the event loop."""
_ITEM_BYTES = 400
_MOST_WAITING_BYTES = 8 * 1024 * 1024
"""What a follower may be behind before it is told of a gap instead."""
_LAST = "ffff"
_DEBOUNCED = Outcome.DEBOUNCED


class CommitFeed:
    """Told of each commit by the writer's thread while somebody follows, and only then.

    A position is a time of this process, and a number within the commit that counts an organisation's own entries
    alone: nothing in it tells how much others log.
    """

    def __init__(self) -> None:
        self.is_followed = False
        """Whether commits are to be told: the one thing that the writer looks at."""
        self._name = secrets.token_hex(4)
        self._last_time = 0
        self._followers: list[_Follower] = []

    async def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        """See `Feed`. Nothing older is kept here."""
        if after is not None:
            raise PositionLost
        begin = self._position(self._next_time())
        follower = _Follower(asyncio.get_running_loop(), begin)
        self._followers.append(follower)
        self.is_followed = True
        try:
            yield Batch(begin)
            while True:
                for batch in await follower.take():
                    yield batch
        finally:
            self._followers.remove(follower)
            self.is_followed = bool(self._followers)

    def committed(self, batch: Sequence[PreparedEvent], receipts: Sequence[Receipt], entries: Sequence[Row]) -> None:
        """Called on the writer's thread: this is durable. `entries` are the rows of the new ones."""
        repeated = {
            receipt.entry_id: event.organisation
            for event, receipt in zip(batch, receipts, strict=True)
            if receipt.outcome is _DEBOUNCED
        }
        told = [self._entries(some) for some in portions(entries, _ITEMS_A_BATCH)]
        told += [self._repeats(some) for some in portions(list(repeated.items()), _ITEMS_A_BATCH)]
        for follower in tuple(self._followers):
            follower.tell(told)

    def _entries(self, rows: Sequence[Row]) -> Batch:
        time = self._next_time()
        counts = Counter(row[1] for row in rows)
        size = sum(len(row[5]) for row in rows) + len(rows) * _ITEM_BYTES
        return Batch(self._position(time), _Entries(rows, f"{self._name}{time:016x}"), counts=counts, size=size)

    def _repeats(self, repeated: Sequence[tuple[str, int]]) -> Batch:
        position = self._position(self._next_time())
        return batch_of(position, [Repeated(position, organisation, entry_id) for entry_id, organisation in repeated])

    def _next_time(self) -> int:
        self._last_time = max(self._last_time + 1, monotonic_ns())
        return self._last_time

    def _position(self, time: int) -> str:
        """Behind all that happens at this time."""
        return f"{self._name}{time:016x}{_LAST}"


class _Entries(Iterable[NewEntry]):
    """The rows of new entries; items are made of them for whoever wants to see them."""

    def __init__(self, rows: Sequence[Row], time: str) -> None:
        self._rows = rows
        self._time = time

    def __iter__(self) -> Iterator[NewEntry]:
        numbers: dict[int, int] = {}
        for key, organisation, _, event_count, window_end, data in self._rows:
            number = numbers[organisation] = numbers.get(organisation, 0) + 1
            position, size = f"{self._time}{number:04x}", len(data) + _ITEM_BYTES
            yield NewEntry(position, organisation, entry_id_of(key), window_end, size, (data, event_count), _decode)


class _Follower:
    """Batches on their way from the writer's thread to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, begin: str) -> None:
        self._loop = loop
        self._begin = begin
        self._news = asyncio.Event()
        self._waiting: list[Batch] = []
        self._bytes = 0

    def tell(self, batches: list[Batch]) -> None:
        """On the writer's thread."""
        self._loop.call_soon_threadsafe(self._keep, batches)

    async def take(self) -> list[Batch]:
        """What has come since; waits for it."""
        await self._news.wait()
        self._news.clear()
        taken, self._waiting, self._bytes = self._waiting, [], 0
        return taken

    def _keep(self, batches: list[Batch]) -> None:
        # One that was under way as this began may still come.
        batches = [batch for batch in batches if batch.position > self._begin]
        size = sum(batch.size for batch in batches)
        if self._waiting and self._bytes + size > _MOST_WAITING_BYTES:
            self._waiting = [Batch(self._waiting[-1].position, gap=True)]
            self._bytes = 0
        self._waiting += batches
        self._bytes += size
        self._news.set()


def _decode(content: tuple[bytes, int]) -> tuple[StoredEvent, Repeats]:
    event = decode_event(content[0])
    return event, first_repeats(event, content[1])
