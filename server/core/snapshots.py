"""What one process has counted and measured, as a value that can be written down and added to that of others."""

from collections.abc import Iterable

import msgspec

from server.core.observations import EVENTS_BUCKETS, SECONDS_BUCKETS, Distribution, Observations
from server.core.outcomes import Outcomes

Labels = tuple[str, ...]


class Measured(msgspec.Struct, frozen=True):
    """A distribution: how many observations fell below each bound and above the last, and their sum."""

    bounds: tuple[float, ...]
    counts: list[int]
    total: float


class IndexGauges(msgspec.Struct, frozen=True, kw_only=True):
    """How far the index is behind the log, and how often its process was started again."""

    lag_seconds: float
    pending_entries: int
    restarts: int


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is now. `store_up` is what its last use of the store told."""

    queue_bytes: int
    queue_capacity_bytes: int
    store_up: bool
    tails: int = 0
    index: IndexGauges | None = None
    """None where the process keeps no index."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of a process or the sum over several, and the gauges of each that still runs."""

    events: list[tuple[Labels, int]]
    requests: list[tuple[Labels, Measured]]
    commit_seconds: Measured
    commit_events: Measured
    processes: list[Gauges]
    worker_restarts: int = 0
    tail_lost: int = 0
    deleted: dict[str, int] = {}
    """Entries that have gone, by reason."""


def take_snapshot(outcomes: Outcomes, observations: Observations, gauges: Gauges, *, tail_lost: int = 0) -> Snapshot:
    """The counters as they are now."""
    return Snapshot(
        events=list(outcomes.snapshot().items()),
        requests=[(labels, _measured(each)) for labels, each in observations.request_seconds.items()],
        commit_seconds=_measured(observations.commit_seconds),
        commit_events=_measured(observations.commit_events),
        processes=[gauges],
        deleted={str(reason): count for reason, count in observations.deleted_entries.items()},
        tail_lost=tail_lost,
    )


def add_snapshots(snapshots: Iterable[Snapshot]) -> Snapshot:
    """The sum over processes."""
    events: dict[Labels, int] = {}
    requests: dict[Labels, Measured] = {}
    seconds, sizes = _none(SECONDS_BUCKETS), _none(EVENTS_BUCKETS)
    processes: list[Gauges] = []
    restarts = tail_lost = 0
    deleted: dict[str, int] = {}
    for snapshot in snapshots:
        for labels, count in snapshot.events:
            events[labels] = events.get(labels, 0) + count
        for labels, measured in snapshot.requests:
            requests[labels] = _plus(requests[labels], measured) if labels in requests else measured
        seconds, sizes = _plus(seconds, snapshot.commit_seconds), _plus(sizes, snapshot.commit_events)
        processes += snapshot.processes
        restarts += snapshot.worker_restarts
        tail_lost += snapshot.tail_lost
        for reason, count in snapshot.deleted.items():
            deleted[reason] = deleted.get(reason, 0) + count
    return Snapshot(
        events=list(events.items()),
        requests=list(requests.items()),
        commit_seconds=seconds,
        commit_events=sizes,
        processes=processes,
        worker_restarts=restarts,
        tail_lost=tail_lost,
        deleted=deleted,
    )


def without_gauges(snapshot: Snapshot) -> Snapshot:
    """What stays of a process that is gone: its counts, not its queue."""
    return msgspec.structs.replace(snapshot, processes=[])


def _measured(distribution: Distribution) -> Measured:
    return Measured(distribution.bounds, list(distribution.counts), distribution.total)


def _none(bounds: tuple[float, ...]) -> Measured:
    return Measured(bounds, [0] * (len(bounds) + 1), 0.0)


def _plus(first: Measured, second: Measured) -> Measured:
    counts = [one + other for one, other in zip(first.counts, second.counts, strict=True)]
    return Measured(first.bounds, counts, first.total + second.total)
