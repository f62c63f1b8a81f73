"""From the core's sums to JSON answers; a `complete` that is true is left out."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from server.core.instants import format_rfc3339
from server.core.model import Level
from server.core.statistics import Facets, FacetValue, Group, Histogram, format_step
from server.core.statistics.groups import DAY
from server.core.statistics.service import GroupList

_Complete = Literal[False] | None


class _BucketBody(msgspec.Struct):
    time: str
    total: int
    levels: dict[str, int]


class _HistogramBody(msgspec.Struct, omit_defaults=True):
    from_: str = msgspec.field(name="from")
    to: str
    step: str
    total: int
    buckets: list[_BucketBody]
    complete: _Complete = None


class _FacetValueBody(msgspec.Struct, rename="camel"):
    value: str
    event_count: int


class _FacetsBody(msgspec.Struct, omit_defaults=True):
    from_: str = msgspec.field(name="from")
    to: str
    total: int
    levels: dict[str, int]
    services: list[_FacetValueBody]
    components: list[_FacetValueBody]
    codes: list[_FacetValueBody]
    environments: list[_FacetValueBody]
    complete: _Complete = None


class _SparklineBody(msgspec.Struct):
    from_: str = msgspec.field(name="from")
    step: str
    counts: list[int]


class _GroupBody(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    id: str
    title: str
    status: str
    muted_until: str | None = None
    muted_until_count: int | None = None
    service: str | None = None
    component: str | None = None
    code: str | None = None
    levels: dict[str, int]
    event_count: int
    first_event_time: str
    last_event_time: str
    sparkline: _SparklineBody


class _GroupPageBody(msgspec.Struct, rename="camel", omit_defaults=True):
    groups: list[_GroupBody]
    next_page_token: str | None = None
    complete: _Complete = None


def histogram_body(histogram: Histogram) -> _HistogramBody:
    """A histogram's JSON object."""
    return _HistogramBody(
        from_=format_rfc3339(histogram.question.from_time),
        to=format_rfc3339(histogram.question.to_time),
        step=format_step(histogram.question.step),
        total=histogram.total,
        buckets=[
            _BucketBody(format_rfc3339(bucket.time), bucket.total, _levels(bucket.levels))
            for bucket in histogram.buckets
        ],
        complete=_complete(is_complete=histogram.is_complete),
    )


def facets_body(facets: Facets) -> _FacetsBody:
    """The JSON object of facets."""
    from_time, to_time = facets.filters.from_time, facets.filters.to_time
    assert from_time is not None
    assert to_time is not None
    return _FacetsBody(
        from_=format_rfc3339(from_time),
        to=format_rfc3339(to_time),
        total=facets.total,
        levels=_levels(facets.levels),
        services=_values(facets.fields["service"]),
        components=_values(facets.fields["component"]),
        codes=_values(facets.fields["code"]),
        environments=_values(facets.fields["environment"]),
        complete=_complete(is_complete=facets.is_complete),
    )


def group_body(group: Group) -> _GroupBody:
    """A group's JSON object."""
    totals, sparkline = group.totals, group.sparkline
    return _GroupBody(
        id=totals.id,
        title=totals.title,
        status=group.status.value,
        muted_until=None if group.muted_until is None else format_rfc3339(group.muted_until),
        muted_until_count=group.muted_until_count,
        service=totals.service,
        component=totals.component,
        code=totals.code,
        levels=_levels(totals.levels),
        event_count=totals.event_count,
        first_event_time=format_rfc3339(totals.first_event_time),
        last_event_time=format_rfc3339(totals.last_event_time),
        sparkline=_SparklineBody(format_rfc3339(sparkline.from_time), format_step(DAY), sparkline.counts),
    )


def group_page(page: GroupList) -> _GroupPageBody:
    """A page of groups."""
    complete = _complete(is_complete=page.is_complete)
    return _GroupPageBody([group_body(group) for group in page.groups], page.next_page_token, complete)


def _levels(levels: Mapping[Level, int]) -> dict[str, int]:
    return {level.word: event_count for level, event_count in levels.items()}


def _values(values: Sequence[FacetValue]) -> list[_FacetValueBody]:
    return [_FacetValueBody(each.value, each.event_count) for each in values]


def _complete(*, is_complete: bool) -> _Complete:
    return None if is_complete else False
