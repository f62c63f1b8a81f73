"""What every door is given: the core's services, wired once by the composition root."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from server.core.administration import Administration
from server.core.admission import Admission
from server.core.audit import Audit
from server.core.budget import ByteBudget
from server.core.changing_settings import ChangingSettings
from server.core.deletion import Deletion
from server.core.ingest import Ingest
from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.reading import Reading
from server.core.snapshots import Snapshot
from server.core.statistics.service import Statistics
from server.core.tails import Tails
from server.core.usage import Usage


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The core as the doors see it. `check_ready` returns, or raises with the reason why not."""

    admission: Admission
    ingest: Ingest[Any]
    reading: Reading
    statistics: Statistics
    tails: Tails
    administration: Administration
    settings: ChangingSettings
    deletion: Deletion
    usage: Usage
    audit: Audit
    budget: ByteBudget
    outcomes: Outcomes
    observations: Observations
    draining: "asyncio.Future[None]"
    """Done once the process takes nothing new."""
    check_ready: Callable[[], Awaitable[None]]
    snapshot: Callable[[], Snapshot]
    """What was counted and measured, over all processes of the service."""
    is_whole: bool
    """Whether this process is all there is of the service, and no worker among others."""
    max_request_bytes: int
    """The largest request over REST and gRPC, after inflation."""
    otlp_max_request_bytes: int
    """The largest request over OTLP, after inflation."""
