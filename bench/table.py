"""Results, and how they are shown."""

from collections.abc import Iterable
from statistics import median

import msgspec

from bench.idle import MOST_MEGABYTES, MOST_SECONDS, Idle
from bench.measurement import Measurement, medians
from bench.row import Row


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One row's measurements, a pair a round; without a floor where there is none, empty if it did not run."""

    name: str
    title: str
    floor: list[Measurement] = []
    service: list[Measurement] = []
    least_rate_ratio: float | None = None
    most_p50_ratio: float | None = None
    most_p99_ratio: float | None = None
    skipped: str | None = None
    failed: str | None = None

    def ratios(self, figure: str) -> list[float]:
        """The service's figure to the floor's, round by round."""
        pairs = zip(self.floor, self.service, strict=True) if self.floor else ()
        return [getattr(service, figure) / getattr(floor, figure) for floor, service in pairs]


def result_of(row: Row, floor: list[Measurement], service: list[Measurement]) -> Result:
    """What a row's rounds gave."""
    return Result(
        name=row.name,
        title=row.title,
        floor=floor,
        service=service,
        least_rate_ratio=row.least_rate_ratio,
        most_p50_ratio=row.most_p50_ratio,
        most_p99_ratio=row.most_p99_ratio,
    )


_HEAD = (
    "row | floor, 1/s | service, 1/s | ratio (of the rounds) | wanted | CPU µs, floor | CPU µs, service"
    " | p50 ms, floor | p50 ms, service | p50 ratio | wanted | p99 ms, floor | p99 ms, service | p99 ratio | wanted"
)


def markdown(results: Iterable[Result], idle: Idle | None) -> str:
    """The tables."""
    lines = [*_rates(list(results))]
    if idle is not None:
        lines += _idle(idle)
    return "\n".join(lines)


def _rates(results: list[Result]) -> list[str]:
    if not results:
        return []
    columns = _HEAD.count("|") + 1
    ruler = "|".join([" --- ", *[" ---: "] * (columns - 1)])
    return [f"| {_HEAD} |", f"|{ruler}|", *(f"| {' | '.join(_cells(result, columns))} |" for result in results), ""]


def _cells(result: Result, columns: int) -> list[str]:
    if not result.service:
        why = f"skipped: {result.skipped}" if result.failed is None else f"**failed**: {result.failed}"
        return [result.title, why, *["–"] * (columns - 2)]
    floor = medians(result.floor) if result.floor else None
    service = medians(result.service)
    rates, p50s, p99s = (result.ratios(name) for name in ("rate", "p50_milliseconds", "p99_milliseconds"))
    return [
        result.title,
        *_pair(floor, service, "rate", 0),
        _ratio(rates),
        _at_least(rates, result.least_rate_ratio),
        *_pair(floor, service, "cpu_microseconds", 1),
        *_pair(floor, service, "p50_milliseconds", 2),
        _ratio(p50s),
        _at_most(p50s, result.most_p50_ratio),
        *_pair(floor, service, "p99_milliseconds", 2),
        _ratio(p99s),
        _at_most(p99s, result.most_p99_ratio),
    ]


def _pair(floor: Measurement | None, service: Measurement, figure: str, digits: int) -> list[str]:
    return ["–" if one is None else f"{getattr(one, figure):,.{digits}f}" for one in (floor, service)]


def _idle(idle: Idle) -> list[str]:
    seconds, megabytes = idle.start_to_ready_seconds, idle.resident_megabytes
    fast, small = _verdict(met=seconds < MOST_SECONDS), _verdict(met=megabytes < MOST_MEGABYTES)
    return [
        f"| idle, median of {idle.starts} starts | measured | wanted |",
        "| --- | ---: | ---: |",
        f"| start to ready, s | {seconds:.2f} | < {MOST_SECONDS} {fast} |",
        f"| resident memory after the first requests, MB | {megabytes:.0f} | < {MOST_MEGABYTES:.0f} {small} |",
        "",
    ]


def _ratio(ratios: list[float]) -> str:
    if len(ratios) < 2:
        return f"{ratios[0]:.2f}" if ratios else "–"
    return f"{_shown(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _shown(ratios: list[float]) -> float:
    """What the table says is what is judged."""
    return round(median(ratios), 2)


def _at_least(ratios: list[float], wanted: float | None) -> str:
    return "–" if wanted is None or not ratios else f"≥ {wanted} {_verdict(met=_shown(ratios) >= wanted)}"


def _at_most(ratios: list[float], wanted: float | None) -> str:
    return "–" if wanted is None or not ratios else f"≤ {wanted:g} {_verdict(met=_shown(ratios) <= wanted)}"


def _verdict(*, met: bool) -> str:
    return "met" if met else "**missed**"
