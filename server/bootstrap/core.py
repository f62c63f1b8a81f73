"""The core over one store, wired."""

import asyncio
from collections.abc import Callable
from typing import Any

from server.bootstrap.stores import indexer_of
from server.core.administration import Administration
from server.core.admission import Admission
from server.core.audit import Audit
from server.core.budget import ByteBudget
from server.core.changing_settings import ChangingSettings
from server.core.committer import Committer
from server.core.deletion import Deletion
from server.core.errors import TrackingError
from server.core.ingest import Ingest, Limits
from server.core.known_settings import KnownSettings
from server.core.maintenance import Maintenance
from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.ports import Store
from server.core.purge import Purge
from server.core.readiness import Readiness
from server.core.reading import Reading
from server.core.services import Services
from server.core.snapshots import Gauges, Snapshot, take_snapshot
from server.core.statistics.service import Statistics
from server.core.tails import Tails
from server.core.usage import Received, Usage
from server.settings import Settings


class Core:
    """Everything between the doors and the store. `broken` is done once the process must not go on.

    `add_others` makes this process's counters those of the whole service; None where it is all there is.
    """

    def __init__(
        self, store: Store[Any], settings: Settings, *, add_others: Callable[[Snapshot], Snapshot] | None = None
    ) -> None:
        self._store = store
        self.indexer = indexer_of(store)
        self.broken: asyncio.Future[TrackingError] = asyncio.get_running_loop().create_future()
        budget, outcomes, observations = ByteBudget(settings.queue_bytes), Outcomes(), Observations()
        known, received, audit = KnownSettings(), Received(), Audit(store)
        admission = Admission(
            store, server_rate=settings.key_rate, browser_rate=settings.browser_key_rate, settings=known
        )
        self._committer: Committer[Any] = Committer(
            store,
            budget,
            outcomes,
            observations,
            deadline_seconds=settings.commit_seconds,
            on_broken=self._break,
            received=received,
        )
        self._maintenance = Maintenance(store, admission, self._committer.trouble, received, on_broken=self._break)
        self._purge = Purge(
            store,
            max_database_bytes=settings.max_database_bytes,
            on_broken=self._break,
            on_deleted=observations.deleted,
        )
        self.readiness = Readiness(store, budget, self._committer.trouble)
        self.services = Services(
            admission=admission,
            ingest=Ingest(
                store, self._committer, outcomes, Limits(max_event_bytes=settings.max_event_bytes), settings=known
            ),
            reading=Reading(store, known),
            statistics=Statistics(store),
            tails=Tails(store.follow, store.get_entry, self.readiness.draining, known),
            administration=Administration(store, audit),
            settings=ChangingSettings(store, store, known, audit),
            deletion=Deletion(store, audit, on_deleted=observations.deleted),
            usage=Usage(store, store),
            audit=audit,
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
        self._purge.start()
        if self.indexer is not None:
            self.indexer.start()

    def take_snapshot(self) -> Snapshot:
        """What this process has counted so far, and how it is."""
        budget = self.services.budget
        gauges = Gauges(
            queue_bytes=budget.used,
            queue_capacity_bytes=budget.capacity,
            store_up=self._committer.trouble.store_up,
            tails=self.services.tails.count,
            index=None if self.indexer is None else self.indexer.gauges(),
        )
        lost = self.services.tails.lost
        return take_snapshot(self.services.outcomes, self.services.observations, gauges, tail_lost=lost)

    async def close(self) -> None:
        """Commit what is queued, finish the housekeeping, let go of the store."""
        await self.services.tails.close()
        await self._committer.close()
        await self._purge.close()
        await self._maintenance.close()
        if self.indexer is not None:
            await self.indexer.close()
        await self._store.close()

    def _break(self, error: TrackingError) -> None:
        if not self.broken.done():
            self.broken.set_result(error)
