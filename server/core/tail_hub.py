"""One follower of the store's feed a process, whatever the number of tails.

The hub hands each new entry to the tails of its organisation whose filter chooses it. It waits for none of them, and
takes a bounded share of the event loop's time: ingest does not notice it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from time import thread_time

from server.core.errors import Internal, StoreUnavailable, TrackingError
from server.core.feed import Batch, NewEntry, Repeated
from server.core.model import Entry
from server.core.recent import Recent
from server.core.tail import Tail
from server.core.tail_repeats import REPEAT_SECONDS, RepeatNews

logger = logging.getLogger("tracking.tails")

LINGER_SECONDS = 60.0
"""How long the feed is followed when nobody reads any more, for those who come back."""
_RECENT_BYTES = 4 * 1024 * 1024
_START_SECONDS = 5.0
_AGAIN_SECONDS = 0.5
_LONGEST_TURN_SECONDS = 0.004
_RESTS_A_TURN = 3.0
"""Behind each turn the hub rests so many times as long."""

Follow = Callable[[str | None], AsyncGenerator[Batch, None]]


class Hub:
    """Follows the feed while there are tails, and a while longer. Belongs to one event loop.

    `follow` and `read_entry` are the store's (`core/ports.py`).
    """

    def __init__(self, follow: Follow, read_entry: Callable[[int, str], Awaitable[Entry | None]]) -> None:
        self.linger_seconds = LINGER_SECONDS
        self._follow = follow
        self._repeats = RepeatNews(read_entry, self._live_of)
        self._tails: set[Tail] = set()
        self._live: dict[int, list[Tail]] = {}
        self._users = 0
        self._recent: Recent | None = None
        self._task: asyncio.Task[None] | None = None
        self._started: asyncio.Future[TrackingError | None] | None = None
        self._end_timer: asyncio.TimerHandle | None = None

    @property
    def position(self) -> str:
        """Up to here everything was handed out; "" while nothing is followed."""
        return "" if self._recent is None else self._recent.end

    def behind(self, position: str) -> Batch | None:
        """What came next behind a position, if all of it is still here: see `Recent`."""
        return None if self._recent is None else self._recent.behind(position)

    async def hold(self) -> None:
        """Follow, until `release`. Raises StoreUnavailable if the store does not answer."""
        self._users += 1
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None
        if self._task is None:
            self._started = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(self._started))
        started = self._started
        assert started is not None
        await asyncio.wait((started,), timeout=_START_SECONDS)
        if not started.done():
            raise StoreUnavailable("The store does not answer.")
        if (error := started.result()) is not None:
            raise error

    def release(self) -> None:
        """What holds no more; behind the last one the feed is followed for a while."""
        self._users -= 1
        if not self._users and self._end_timer is None:
            self._end_timer = asyncio.get_running_loop().call_later(self.linger_seconds, self._stop)

    def add(self, tail: Tail) -> None:
        """A tail that is told nothing yet, but its end."""
        self._tails.add(tail)

    def join(self, tail: Tail) -> None:
        """From now on the tail is told what comes."""
        self._live.setdefault(tail.caller.organisation_id, []).append(tail)

    def leave(self, tail: Tail) -> None:
        """No more."""
        self._tails.discard(tail)
        live = self._live.get(tail.caller.organisation_id, [])
        if tail in live:
            live.remove(tail)
            if not live:
                del self._live[tail.caller.organisation_id]

    def note(self, item: Repeated) -> None:
        """Have a repeat told, again."""
        self._repeats.note(item)

    def end_all(self, error: TrackingError) -> None:
        """End every tail."""
        for tail in tuple(self._tails):
            tail.end(error)

    async def close(self) -> None:
        """Stop following."""
        if self._end_timer is not None:
            self._end_timer.cancel()
        task, self._task = self._task, None
        while task is not None and not task.done():
            # Again, where a driver has swallowed it.
            task.cancel()
            await asyncio.wait((task,), timeout=_AGAIN_SECONDS)

    def _live_of(self, organisation_id: int) -> Collection[Tail]:
        return self._live.get(organisation_id, ())

    def _stop(self) -> None:
        self._end_timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, started: "asyncio.Future[TrackingError | None]") -> None:
        task = asyncio.current_task()
        telling = asyncio.create_task(self._tell_repeats())
        error: TrackingError = Internal("The feed of the store has ended.")
        try:
            await self._hand_out(started)
        except TrackingError as failure:
            error = failure
        except Exception:
            logger.exception("The feed of the store cannot be followed.")
        finally:
            telling.cancel()
            was_stopped = self._task is not task
            if self._task in (task, None):
                self._task = self._recent = None
            if not started.done():
                started.set_result(error)
        if not was_stopped:
            self.end_all(error)

    async def _hand_out(self, started: "asyncio.Future[TrackingError | None]") -> None:
        spent = 0.0
        async with aclosing(self._follow(None)) as batches:
            async for batch in batches:
                if self._task is not asyncio.current_task():
                    # It was told to stop, and a driver has swallowed that.
                    return
                begin = thread_time()
                if not started.done():
                    self._recent = Recent(batch.position, capacity=_RECENT_BYTES)
                    started.set_result(None)
                self._take(batch)
                spent += thread_time() - begin
                if spent > _LONGEST_TURN_SECONDS:
                    await asyncio.sleep(spent * _RESTS_A_TURN)
                    spent = 0.0

    def _take(self, batch: Batch) -> None:
        assert self._recent is not None
        self._recent.add(batch)
        if batch.gap:
            for tails in self._live.values():
                for tail in tails:
                    tail.lose(None)
        wanting = self._wanting(batch)
        if not wanting:
            return
        for item in batch.items:
            tails = wanting.get(item.organisation_id, [])
            if isinstance(item, NewEntry):
                _offer(item, tails)
            elif tails:
                self._repeats.note(item)

    def _wanting(self, batch: Batch) -> dict[int, list[Tail]]:
        """The tails that have to look at the items, by organisation: of those that cannot take any, none has to."""
        wanting: dict[int, list[Tail]] = {}
        for organisation_id in batch.counts.keys() & self._live.keys():
            tails, count = self._live[organisation_id], batch.counts[organisation_id]
            if not batch.has_repeats:
                tails = [tail for tail in tails if not tail.pass_over(count, batch.position)]
            if tails:
                wanting[organisation_id] = tails
        return wanting

    async def _tell_repeats(self) -> None:
        while True:
            await asyncio.sleep(REPEAT_SECONDS)
            try:
                await self._repeats.tell()
            except Exception:
                logger.exception("Repeats could not be told.")


def _offer(item: NewEntry, tails: list[Tail]) -> None:
    event = None
    for tail in tails:
        if not tail.chooses_all:
            # Once, and only if a filter has to look.
            event = event or item.event
            if not tail.wants(event):
                continue
        tail.offer(item)
