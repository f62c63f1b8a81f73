"""What happens beside the requests, again and again, in small steps."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from server.core.admission import Admission
from server.core.errors import StoreUnavailable, TrackingError
from server.core.ports import Store, StoreBroken
from server.core.trouble import StoreTrouble
from server.core.usage import Received

logger = logging.getLogger("tracking.maintenance")

_STEP_SECONDS = 1.0
_USE_STEPS = 10
"""Last uses, and how much came, are written every tenth step."""


class Maintenance:
    """Housekeeping of the store, the keys' last uses and what was received, on a task of its own.

    `on_broken` is called when the store must not be used any more: the process has to end.
    """

    def __init__(
        self,
        store: Store[Any],
        admission: Admission,
        trouble: StoreTrouble,
        received: Received,
        *,
        on_broken: Callable[[TrackingError], None],
    ) -> None:
        self._store = store
        self._received = received
        self._trouble = trouble
        self._admission = admission
        self._on_broken = on_broken
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and write what is still to be written."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._attempt(self._record_use())

    async def _run(self) -> None:
        step = 0
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            step += 1
            await self._attempt(self._maintain())
            if step % _USE_STEPS == 0:
                await self._attempt(self._record_use())

    async def _maintain(self) -> None:
        try:
            await self._store.maintain()
            # Where nobody sends anything, somebody has to find out that it works again.
            if not self._trouble.store_up:
                await self._store.check()
                self._trouble.store_up = True
        except StoreUnavailable:
            self._trouble.store_up = False
            raise

    async def _record_use(self) -> None:
        if uses := self._admission.take_uses():
            try:
                await self._store.record_use(uses)
            except TrackingError:
                self._admission.give_back_uses(uses)
                raise
        if events := self._received.take():
            try:
                await self._store.add_received(events)
            except TrackingError:
                self._received.give_back(events)
                raise

    async def _attempt(self, work: Any) -> None:
        try:
            await work
        except StoreBroken as error:
            self._on_broken(error)
        except TrackingError as error:
            # The store being away is told by readiness and by every refused event; here it only waits its turn.
            logger.debug("Housekeeping has to wait: %s", error)
        except Exception:
            logger.exception("A step of housekeeping failed.")
