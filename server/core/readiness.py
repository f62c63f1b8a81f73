"""Whether this process should be sent requests: the store answers, the queue has room, nothing is draining."""

import asyncio
from math import inf
from time import monotonic
from typing import Any

from server.core.budget import ByteBudget
from server.core.errors import Draining, Overloaded, StoreUnavailable, TrackingError
from server.core.ports import Store
from server.core.trouble import StoreTrouble

_FULL_SHARE = 0.9
"""How full the queue may be."""
_PROBE_SECONDS = 1.0
"""How long the store may take to answer."""
_FRESH_SECONDS = 0.5
"""How long its answer holds: a probe is a durable write, and anybody may ask, as often as they like."""


class Readiness:
    """Asked by `/readyz`; goes down first when the process stops. Belongs to the running loop."""

    def __init__(self, store: Store[Any], budget: ByteBudget, trouble: StoreTrouble) -> None:
        self._store = store
        self._budget = budget
        self._trouble = trouble
        self.draining: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._probe: asyncio.Task[TrackingError | None] | None = None
        self._answer_time = -inf

    def drain(self) -> None:
        """From now on: not ready, also for whoever is waiting for an answer."""
        if not self.draining.done():
            self.draining.set_result(None)

    async def check(self) -> None:
        """Return if ready; raise Draining, Overloaded or StoreUnavailable, with the reason, within a second."""
        if self.draining.done():
            raise Draining
        if self._budget.used > _FULL_SHARE * self._budget.capacity:
            raise Overloaded
        # A probe is small, and may fit where events do not.
        if reason := self._trouble.recent():
            raise StoreUnavailable(reason)
        if monotonic() - self._answer_time < _FRESH_SECONDS:
            return
        # One probe at a time, however many ask; it goes on where they have lost their patience.
        probe = self._probe = self._probe or asyncio.create_task(self._ask())
        await asyncio.wait((probe, self.draining), timeout=_PROBE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self.draining.done():
            raise Draining
        if not probe.done():
            raise StoreUnavailable("The store does not answer.")
        if error := probe.result():
            raise error

    async def _ask(self) -> TrackingError | None:
        try:
            await self._store.check()
        except TrackingError as error:
            self._trouble.store_up = False
            return error
        else:
            self._trouble.store_up = True
            self._answer_time = monotonic()
            return None
        finally:
            self._probe = None
