"""`/metrics`: what the service counted and measured, in the Prometheus text format."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server import __version__
from server.core.snapshots import Gauges, IndexGauges, Measured, Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class TrackingCollector(Collector):
    """Turns plain counters into metric families when somebody asks."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """All families of the service."""
        snapshot = self._snapshot()
        yield from (_events(snapshot), _requests(snapshot), *_commits(snapshot), *_gauges(snapshot.processes))
        yield CounterMetricFamily(
            "tracking_worker_restarts", "Workers that ended and were started again.", snapshot.worker_restarts
        )
        yield CounterMetricFamily(
            "tracking_tail_lost", "Entries that a live tail's reader was too slow for.", snapshot.tail_lost
        )
        yield _deleted(snapshot)
        build = GaugeMetricFamily("tracking_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build


class Metrics:
    """The registry of one process. `whole`: it is all there is of the service, so its memory and files are told."""

    def __init__(self, snapshot: Callable[[], Snapshot], *, whole: bool) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(TrackingCollector(snapshot))
        PlatformCollector(registry=self._registry)
        if whole:
            ProcessCollector(registry=self._registry)

    def render(self) -> bytes:
        """The text."""
        return generate_latest(self._registry)


def _events(snapshot: Snapshot) -> Metric:
    family = CounterMetricFamily(
        "tracking_events",
        "Events received, each counted once, by what became of it.",
        labels=["door", "level", "outcome", "reason"],
    )
    for labels, count in snapshot.events:
        family.add_metric(labels, count)
    return family


def _requests(snapshot: Snapshot) -> Metric:
    family = HistogramMetricFamily(
        "tracking_request_seconds", "Time from a request's head to its answer.", labels=["door", "method", "code"]
    )
    for labels, measured in snapshot.requests:
        family.add_metric(labels, _buckets(measured), measured.total)
    return family


def _deleted(snapshot: Snapshot) -> Metric:
    family = CounterMetricFamily("tracking_deleted_entries", "Entries that have gone, by reason.", labels=["reason"])
    for reason, count in snapshot.deleted.items():
        family.add_metric([reason], count)
    return family


def _commits(snapshot: Snapshot) -> Iterable[Metric]:
    yield _histogram("tracking_commit_seconds", "Time of a durable commit.", snapshot.commit_seconds)
    yield _histogram("tracking_commit_events", "Events in a durable commit.", snapshot.commit_events)


def _gauges(processes: list[Gauges]) -> Iterable[Metric]:
    used, capacity = sum(each.queue_bytes for each in processes), sum(each.queue_capacity_bytes for each in processes)
    yield GaugeMetricFamily("tracking_queue_bytes", "Bytes being read or waiting for commit.", used)
    yield GaugeMetricFamily("tracking_queue_capacity_bytes", "Bytes that may wait.", capacity)
    yield GaugeMetricFamily("tracking_workers", "Processes that serve.", len(processes))
    yield GaugeMetricFamily("tracking_tails", "Live tails that are open.", sum(each.tails for each in processes))
    store_up = all(each.store_up for each in processes)
    yield GaugeMetricFamily("tracking_store_up", "Whether every process could use the store last time.", int(store_up))
    yield from _index([each.index for each in processes if each.index is not None])


def _index(indexes: list[IndexGauges]) -> Iterable[Metric]:
    if indexes:
        lag, pending = max(each.lag_seconds for each in indexes), sum(each.pending_entries for each in indexes)
        yield GaugeMetricFamily("tracking_index_lag_seconds", "Age of the oldest change that is not indexed.", lag)
        yield GaugeMetricFamily("tracking_index_pending_entries", "Changes that are not indexed.", pending)
        restarts = sum(each.restarts for each in indexes)
        yield CounterMetricFamily("tracking_index_restarts", "Times the indexer ended and was started again.", restarts)


def _histogram(name: str, documentation: str, measured: Measured) -> Metric:
    return HistogramMetricFamily(name, documentation, buckets=_buckets(measured), sum_value=measured.total)


def _buckets(measured: Measured) -> list[tuple[str, float]]:
    buckets: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip((*map(str, measured.bounds), "+Inf"), measured.counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
