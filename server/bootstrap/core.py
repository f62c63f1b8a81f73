"""The core over one store, wired."""

import asyncio
from collections.abc import Callable
from typing import Any

from server.core.administration import Administration
from server.core.admission import Admission
from server.core.budget import ByteBudget
from server.core.committer import Committer
from server.core.errors import TrackingError
from server.core.ingest import Ingest, Limits
from server.core.maintenance import Maintenance
from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.ports import Store
from server.core.readiness import Readiness
from server.core.reading import Reading
from server.core.services import Services
from server.core.snapshots import Gauges, Snapshot, take_snapshot
from server.settings import Settings


class Core:
    """Everything between the doors and the store. `broken` is done once the process must not go on.

    `add_others` makes this process's counters those of the whole service; None where it is all there is.
    """

    def __init__(
        self, store: Store[Any], settings: Settings, *, add_others: Callable[[Snapshot], Snapshot] | None = None
    ) -> None:
        self._store = store
        self.broken: asyncio.Future[TrackingError] = asyncio.get_running_loop().create_future()
        budget, outcomes, observations = ByteBudget(settings.queue_bytes), Outcomes(), Observations()
        admission = Admission(store, server_rate=settings.key_rate, browser_rate=settings.browser_key_rate)
        self._committer: Committer[Any] = Committer(
            store, budget, outcomes, observations, deadline_seconds=settings.commit_seconds, on_broken=self._break
        )
        self._maintenance = Maintenance(store, admission, self._committer.trouble, on_broken=self._break)
        self.readiness = Readiness(store, budget, self._committer.trouble)
        self.services = Services(
            admission=admission,
            ingest=Ingest(store, self._committer, outcomes, Limits(max_event_bytes=settings.max_event_bytes)),
            reading=Reading(store),
            administration=Administration(store),
            budget=budget,
            outcomes=outcomes,
            observations=observations,
            draining=self.readiness.draining,
            check_ready=self.readiness.check,
            snapshot=self.take_snapshot if add_others is None else lambda: add_others(self.take_snapshot()),
            is_whole=add_others is None,
            max_request_bytes=settings.max_request_bytes,
            otlp_max_request_bytes=settings.otlp_max_request_bytes,
        )

    def start(self) -> None:
        """Begin to commit and to keep house."""
        self._committer.start()
        self._maintenance.start()

    def take_snapshot(self) -> Snapshot:
        """What this process has counted so far, and how it is."""
        budget = self.services.budget
        gauges = Gauges(
            queue_bytes=budget.used,
            queue_capacity_bytes=budget.capacity,
            store_up=self._committer.trouble.store_up,
        )
        return take_snapshot(self.services.outcomes, self.services.observations, gauges)

    async def close(self) -> None:
        """Commit what is queued, finish the housekeeping, let go of the store."""
        await self._committer.close()
        await self._maintenance.close()
        await self._store.close()

    def _break(self, error: TrackingError) -> None:
        if not self.broken.done():
            self.broken.set_result(error)
