"""The committer: whatever queued while the last commit ran is the next commit.

One commit at a time, no linger timer, a queue bounded in bytes. One future a request, which carries one receipt an
event: a request's events share their fate, and a request's client may go away without taking them along.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic

from server.core.budget import ByteBudget
from server.core.errors import Draining, Internal, Retryable, StoreUnavailable, TrackingError
from server.core.model import Door, Outcome, Receipt
from server.core.observations import CommitObserver
from server.core.outcomes import Outcomes
from server.core.ports import EntryStore, PreparedT, StoreBroken
from server.core.trouble import StoreTrouble
from server.core.usage import Received

logger = logging.getLogger("tracking.committer")

_MAX_BATCH_EVENTS = 4_000
_MAX_BATCH_BYTES = 8 * 1024 * 1024
_FEW_EVENTS = 64
"""A commit of fewer costs more for itself than for its events."""
_MOST_TURNS = 16
_SWEEP_SECONDS = 0.1


class Ticket(Generic[PreparedT]):
    """A request's events in the queue, and the future its handler waits on, until it has its answer."""

    __slots__ = ("_future", "bytes", "deadline", "door", "events")

    def __init__(
        self, events: Sequence[PreparedT], door: Door, future: "asyncio.Future[list[Receipt]]", deadline: float
    ) -> None:
        self.events = events
        self.door = door
        self.deadline = deadline
        self.bytes = sum(event.size for event in events)
        self._future: asyncio.Future[list[Receipt]] | None = future

    @property
    def answered(self) -> bool:
        """Whether nobody waits any more: the answer was given, or its receiver has gone."""
        return self._future is None or self._future.done()

    def acknowledge(self, receipts: list[Receipt]) -> None:
        """Answer with one receipt an event."""
        if (future := self._take_future()) is not None:
            future.set_result(receipts)

    def refuse(self, error: TrackingError) -> None:
        """Answer with an error."""
        if (future := self._take_future()) is not None:
            future.set_exception(error)

    def _take_future(self) -> "asyncio.Future[list[Receipt]] | None":
        # A raised error keeps the frames of its request. What is still queued should not keep them too.
        future, self._future = self._future, None
        return None if future is None or future.done() else future


class Committer(Generic[PreparedT]):
    """Collects events, commits them in batches, and tells each request what became of its own.

    `on_broken` is called once when the store must not be used any more: the process has to end. `received`, if given,
    counts what is acknowledged.
    """

    def __init__(
        self,
        store: EntryStore[PreparedT],
        budget: ByteBudget,
        outcomes: Outcomes,
        observer: CommitObserver,
        *,
        deadline_seconds: float,
        on_broken: Callable[[TrackingError], None],
        received: Received | None = None,
    ) -> None:
        self._store = store
        self._received = received
        self._budget = budget
        self._outcomes = outcomes
        self._observer = observer
        self._deadline_seconds = deadline_seconds
        self._on_broken = on_broken
        self._queue: deque[Ticket[PreparedT]] = deque()
        self._waiting: deque[Ticket[PreparedT]] = deque()
        self._queued_events = 0
        self._last_requests = 1
        self._wake = asyncio.Event()
        self._closing = False
        self.trouble = StoreTrouble()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to commit, on the running loop."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._enforce_deadlines())]

    def submit(self, events: Sequence[PreparedT], door: Door) -> "asyncio.Future[list[Receipt]]":
        """Queue a request's events. The future gives one receipt an event, after their durable commit.

        Raises Draining or Overloaded at once if they cannot be queued; the future raises StoreUnavailable if the
        commit failed or did not end in time. Cancelling the future does not take the events back.
        """
        if self._closing:
            raise Draining
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Receipt]] = loop.create_future()
        ticket = Ticket(events, door, future, monotonic() + self._deadline_seconds)
        self._budget.reserve(ticket.bytes)
        self._queue.append(ticket)
        self._queued_events += len(events)
        self._waiting.append(ticket)
        self._wake.set()
        return future

    async def close(self) -> None:
        """Commit what is queued, take nothing new, then stop."""
        self._closing = True
        self._wake.set()
        if self._tasks:
            await self._tasks[0]
            self._tasks[1].cancel()

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._let_others_join()
            tickets = self._take()
            try:
                await self._commit(tickets)
            except StoreBroken as error:
                self._closing = True
                self._fail((*tickets, *self._queue), StoreUnavailable())
                self._on_broken(error)
                return
            except Retryable as error:
                self._fail(tickets, error)
                self.trouble.failed(error)
            except Exception:
                logger.exception("A commit of %d requests failed unexpectedly.", len(tickets))
                self._fail(tickets, Internal())
            finally:
                self._budget.release(sum(ticket.bytes for ticket in tickets))

    async def _let_others_join(self) -> None:
        """Give requests that are on their way some turns of the loop: as many as the last commit had requests.

        No timer: a turn ends at once where nobody has anything to do, and whoever is alone waits for one.
        """
        for _ in range(min(self._last_requests, _MOST_TURNS)):
            if self._queued_events >= _FEW_EVENTS:
                return
            await asyncio.sleep(0)

    def _take(self) -> list[Ticket[PreparedT]]:
        queue = self._queue
        tickets = [queue.popleft()]
        events, size = len(tickets[0].events), tickets[0].bytes
        while queue:
            events += len(queue[0].events)
            size += queue[0].bytes
            if events > _MAX_BATCH_EVENTS or size > _MAX_BATCH_BYTES:
                break
            tickets.append(queue.popleft())
        self._last_requests = len(tickets)
        self._queued_events -= sum(len(ticket.events) for ticket in tickets)
        return tickets

    async def _commit(self, tickets: list[Ticket[PreparedT]]) -> None:
        batch = [event for ticket in tickets for event in ticket.events]
        begin = monotonic()
        receipts = await self._store.commit(batch)
        self._observer.committed(events=len(batch), seconds=monotonic() - begin)
        self.trouble.worked()
        if self._received is not None:
            self._received.count_all(batch, receipts)
        position = 0
        for ticket in tickets:
            own = receipts[position : position + len(ticket.events)]
            position += len(own)
            for event, receipt in zip(ticket.events, own, strict=True):
                self._outcomes.count(ticket.door, event.level_word, receipt.outcome)
            ticket.events = ()
            ticket.acknowledge(own)

    def _fail(self, tickets: Sequence[Ticket[PreparedT]], error: TrackingError) -> None:
        reason = error.code.lower()
        error.counted = True
        outcome = Outcome.SHED if isinstance(error, Retryable) else Outcome.REJECTED
        for ticket in tickets:
            for event in ticket.events:
                self._outcomes.count(ticket.door, event.level_word, outcome, reason)
            ticket.events = ()
            ticket.refuse(error)

    async def _enforce_deadlines(self) -> None:
        """Answer those whose commit takes too long; their events stay queued and are counted as they end."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = monotonic()
            while self._waiting and (self._waiting[0].answered or self._waiting[0].deadline < now):
                error = StoreUnavailable()
                error.counted = True
                self._waiting.popleft().refuse(error)
