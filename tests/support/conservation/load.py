"""Producers on every way in, which go on through whatever happens to the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tests.support.conservation.ledger import Ledger, NotAcknowledged
from tests.support.conservation.oracle import Event
from tests.support.conservation.ways import Way, every_way
from tests.support.service import Service
from tests.support.waiting import until

_PAUSE_SECONDS = 0.02
_REPEAT_SHARE = 0.05


class Load:
    """What is under way. Every twentieth request or so sends again what was acknowledged before."""

    def __init__(self, service: Service, ledger: Ledger) -> None:
        self._service = service
        self._ledger = ledger
        self._random = Random(ledger.oracle.seed)
        self._stopping = False

    async def acknowledges(self, events: int, *, timeout_seconds: float = 30.0) -> None:
        """Wait until this many more events were acknowledged."""
        goal = len(self._ledger.acknowledged) + events
        await until(lambda: len(self._ledger.acknowledged) >= goal, timeout_seconds=timeout_seconds)

    async def meets_refusals(self, events: int, *, timeout_seconds: float = 30.0) -> None:
        """Wait until this many more events were refused."""
        goal = self._ledger.refused + events
        await until(lambda: self._ledger.refused >= goal, timeout_seconds=timeout_seconds)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopping = True

    async def produce(self, way: Way) -> None:
        """Send events one way until stopped."""
        try:
            while not self._stopping:
                if not self._service.listens or not await self._send(way, self._next(way.events)):
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await way.close()

    async def _send(self, way: Way, events: list[Event]) -> bool:
        try:
            self._ledger.answered(events, await way.send(events))
        except NotAcknowledged as failure:
            self._ledger.failed(events, failure)
            await way.close()
            return False
        return True

    def _next(self, events: int) -> list[Event]:
        again = self._ledger.again(events)
        if again:
            return again
        if self._ledger.acknowledged and self._random.random() < _REPEAT_SHARE:
            repeated = self._repeats(events)
            if repeated:
                return repeated
        return self._ledger.issue(events)

    def _repeats(self, events: int) -> list[Event]:
        known = self._ledger.issued
        chosen = {self._random.randrange(len(known)) for _ in range(events)}
        return [known[n] for n in sorted(chosen) if known[n].has_id and n in self._ledger.acknowledged]


@asynccontextmanager
async def load(service: Service, ledger: Ledger, *, producers_per_way: int = 2) -> AsyncIterator[Load]:
    """Producers that run for as long as the block does; what they find wrong fails it."""
    under_way = Load(service, ledger)
    async with asyncio.TaskGroup() as group:
        for way in [way for _ in range(producers_per_way) for way in every_way(service)]:
            group.create_task(under_way.produce(way))
        try:
            yield under_way
        finally:
            under_way.stop()
