"""One measurement of one contestant, and what several of them say together."""

from collections.abc import Sequence
from statistics import median

import msgspec


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is requests or events a second; CPU is the server's, latencies are the client's, a request each."""

    rate: float
    cpu_microseconds: float
    p50_milliseconds: float
    p99_milliseconds: float
    client_cpu_share: float | None = None
    """How much of one core the client took: near 1, the client is what was measured."""


def measured(
    latencies: Sequence[float],
    *,
    seconds: float,
    cpu_seconds: float,
    events_each: int = 1,
    client_cpu_seconds: float | None = None,
) -> Measurement:
    """From the latencies of all requests, in seconds, that were answered in this time."""
    if not latencies:
        raise ValueError("nothing was answered in the time measured")
    ordered = sorted(latencies)
    events = len(ordered) * events_each
    return Measurement(
        rate=events / seconds,
        cpu_microseconds=cpu_seconds / events * 1e6,
        p50_milliseconds=_percentile(ordered, 0.50) * 1e3,
        p99_milliseconds=_percentile(ordered, 0.99) * 1e3,
        client_cpu_share=None if client_cpu_seconds is None else client_cpu_seconds / seconds,
    )


def medians(measurements: Sequence[Measurement]) -> Measurement:
    """The median of each figure."""
    shares = [one.client_cpu_share for one in measurements if one.client_cpu_share is not None]
    return Measurement(
        rate=median(one.rate for one in measurements),
        cpu_microseconds=median(one.cpu_microseconds for one in measurements),
        p50_milliseconds=median(one.p50_milliseconds for one in measurements),
        p99_milliseconds=median(one.p99_milliseconds for one in measurements),
        client_cpu_share=median(shares) if shares else None,
    )


def together(measurements: Sequence[Measurement]) -> Measurement:
    """What processes that ran at the same time did together: rates add up, the rest is their mean."""
    count = len(measurements)
    return Measurement(
        rate=sum(one.rate for one in measurements),
        cpu_microseconds=sum(one.cpu_microseconds for one in measurements) / count,
        p50_milliseconds=sum(one.p50_milliseconds for one in measurements) / count,
        p99_milliseconds=sum(one.p99_milliseconds for one in measurements) / count,
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
