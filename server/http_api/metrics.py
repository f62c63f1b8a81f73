"""`/metrics`: what this process counted and measured, in the Prometheus text format."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server import __version__
from server.core.observations import Distribution
from server.core.services import Services

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class TrackingCollector(Collector):
    """Turns the core's plain counters into metric families when somebody asks."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """All families of the service."""
        yield from (self._events(), self._requests(), *self._commits(), *self._queue())
        build = GaugeMetricFamily("tracking_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build

    def _events(self) -> Metric:
        family = CounterMetricFamily(
            "tracking_events",
            "Events received, each counted once, by what became of it.",
            labels=["door", "level", "outcome", "reason"],
        )
        for labels, count in self._services.outcomes.snapshot().items():
            family.add_metric(labels, count)
        return family

    def _requests(self) -> Metric:
        family = HistogramMetricFamily(
            "tracking_request_seconds", "Time from a request's head to its answer.", labels=["door", "method", "code"]
        )
        for labels, distribution in self._services.observations.request_seconds.items():
            family.add_metric(labels, _buckets(distribution), distribution.total)
        return family

    def _commits(self) -> Iterable[Metric]:
        observations = self._services.observations
        yield _histogram("tracking_commit_seconds", "Time of a durable commit.", observations.commit_seconds)
        yield _histogram("tracking_commit_events", "Events in a durable commit.", observations.commit_events)

    def _queue(self) -> Iterable[Metric]:
        budget = self._services.budget
        yield GaugeMetricFamily("tracking_queue_bytes", "Bytes being read or waiting for commit.", budget.used)
        yield GaugeMetricFamily("tracking_queue_capacity_bytes", "Bytes that may wait.", budget.capacity)


class Metrics:
    """The registry of one process."""

    def __init__(self, services: Services) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(TrackingCollector(services))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def render(self) -> bytes:
        """The text."""
        return generate_latest(self._registry)


def _histogram(name: str, documentation: str, distribution: Distribution) -> Metric:
    return HistogramMetricFamily(name, documentation, buckets=_buckets(distribution), sum_value=distribution.total)


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    buckets: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip((*map(str, distribution.bounds), "+Inf"), distribution.counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
