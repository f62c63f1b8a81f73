"""Live tails as the doors open them: limits, what a reader missed, heartbeats, and the key looked at again."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from time import monotonic

from server.core.errors import Draining, Overloaded, Retryable
from server.core.feed import Batch, PositionLost, Repeated
from server.core.known_settings import KnownSettings
from server.core.model import ApiKey, Entry
from server.core.query import EntryFilter
from server.core.tail import Tail, TailMessage
from server.core.tail_hub import Follow, Hub

TAILS_OF_A_KEY, TAILS = 32, 256
"""Tails that one key, and all keys together, may have open in one process."""
HEARTBEAT_SECONDS = 15.0
_CATCHING_UP = 4
"""Tails that may read what they missed from the store at the same time."""
_LONGEST_POSITION = 1_000

Messages = AsyncGenerator[list[TailMessage], None]


class Tails:
    """Opens tails. Belongs to one event loop; `draining` ends them all.

    `follow` and `read_entry` are the store's (`core/ports.py`); `settings` say when an entry expires.
    """

    def __init__(
        self,
        follow: Follow,
        read_entry: Callable[[int, str], Awaitable[Entry | None]],
        draining: "asyncio.Future[None]",
        settings: KnownSettings | None = None,
    ) -> None:
        self._settings = KnownSettings() if settings is None else settings
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self.lost = 0
        """Entries that readers were too slow for, so far."""
        self.hub = Hub(follow, read_entry)
        self._follow = follow
        self._draining = draining
        self._open: dict[str, int] = {}
        self._catching_up = asyncio.Semaphore(_CATCHING_UP)
        draining.add_done_callback(lambda _: self.hub.end_all(Draining()))

    @property
    def count(self) -> int:
        """Tails that are open now."""
        return sum(self._open.values())

    @asynccontextmanager
    async def open(
        self,
        caller: ApiKey,
        filters: EntryFilter,
        *,
        after: str | None,
        check: Callable[[], Awaitable[object]],
    ) -> AsyncIterator[Messages]:
        """A tail of the caller's organisation: messages in lists, without end, a heartbeat whenever nothing comes.

        `after` is a position that an earlier tail gave: what came behind it comes first; where that is no longer known,
        a `lost` without a number says so. `check` is called again and again, and raises once the caller may no longer
        read. Raises Overloaded for one tail too many, StoreUnavailable, Draining; and the iterator, as it ends, what
        `check` raises, and Draining.
        """
        if self._draining.done():
            raise Draining
        with self._one_more(caller.id):
            try:
                await self.hub.hold()
                settings = self._settings.of(caller.organisation_id)
                tail = Tail(caller, filters, self.hub.position, on_lost=self._count_lost, shown=settings.applied)
                self.hub.add(tail)
                if after is None:
                    self.hub.join(tail)
                try:
                    async with aclosing(self._messages(tail, after, check)) as messages:
                        yield messages
                finally:
                    self.hub.leave(tail)
            finally:
                self.hub.release()

    async def close(self) -> None:
        """Stop following the store."""
        await self.hub.close()

    @contextmanager
    def _one_more(self, key_id: str) -> Iterator[None]:
        if self._open.get(key_id, 0) >= TAILS_OF_A_KEY:
            raise Overloaded(f"This API key has {TAILS_OF_A_KEY} tails open here; close one.")
        if self.count >= TAILS:
            raise Overloaded(f"{TAILS} tails are open here; try again later.")
        self._open[key_id] = self._open.get(key_id, 0) + 1
        try:
            yield
        finally:
            self._open[key_id] -= 1
            if not self._open[key_id]:
                del self._open[key_id]

    def _count_lost(self, count: int) -> None:
        self.lost += count

    async def _messages(self, tail: Tail, after: str | None, check: Callable[[], Awaitable[object]]) -> Messages:
        if after is not None:
            async with aclosing(self._missed(tail, after[:_LONGEST_POSITION])) as missed:
                async for messages in missed:
                    tail.check_end()
                    yield messages
        if tail.is_empty:
            yield [TailMessage("heartbeat", self.hub.position)]
        next_check = monotonic() + self.heartbeat_seconds
        while True:
            # In one breath: nothing comes between an empty queue and the position that says so.
            messages = await tail.read(timeout_seconds=next_check - monotonic())
            messages = messages or [TailMessage("heartbeat", self.hub.position)]
            if monotonic() >= next_check:
                next_check = monotonic() + self.heartbeat_seconds
                # Who cannot be asked about now is asked about at the next heartbeat.
                with suppress(Retryable):
                    await check()
            yield messages

    async def _missed(self, tail: Tail, after: str) -> Messages:
        """What came behind a position; the tail is live behind the last of it."""
        while (batch := self.hub.behind(after)) is not None:
            after = batch.position
            is_last = self._advance(tail, after)
            for messages in self._chosen(tail, batch):
                yield messages
            if is_last:
                return
            await asyncio.sleep(0)
        async with self._catching_up:
            try:
                async with aclosing(self._follow(after)) as batches:
                    async for batch in batches:
                        is_last = self._advance(tail, batch.position)
                        for messages in self._chosen(tail, batch):
                            yield messages
                        if is_last:
                            return
            except PositionLost:
                self._advance(tail, self.hub.position)
                yield [TailMessage("lost", tail.position)]

    def _advance(self, tail: Tail, position: str) -> bool:
        """Go on behind a position; whether the hub tells the rest, from this moment."""
        tail.position = position
        is_last = position >= self.hub.position
        if is_last:
            self.hub.join(tail)
        return is_last

    def _chosen(self, tail: Tail, batch: Batch) -> Iterator[list[TailMessage]]:
        if batch.gap:
            yield [TailMessage("lost", batch.position)]
        for item in batch.items:
            if isinstance(item, Repeated) and item.organisation_id == tail.caller.organisation_id:
                self.hub.note(item)
        yield from tail.chosen(batch.items)
