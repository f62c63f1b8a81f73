"""From the core's sums to the contract's messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.duration_pb2 import Duration
from tracking.v1 import facets_pb2, group_pb2, histogram_pb2

from server.core.model import NANOSECONDS_PER_SECOND, Level
from server.core.statistics import Facets, FacetValue, Group, GroupStatus, Histogram
from server.grpc_api.entries import timestamp_of

STATUSES: dict[GroupStatus, Any] = {
    status: group_pb2.GroupStatus.Value(f"GROUP_STATUS_{status.name}") for status in GroupStatus
}


def histogram_message(histogram: Histogram) -> histogram_pb2.Histogram:
    """A histogram as a message."""
    question = histogram.question
    return histogram_pb2.Histogram(
        from_time=timestamp_of(question.from_time),
        to_time=timestamp_of(question.to_time),
        step=Duration(seconds=question.step // NANOSECONDS_PER_SECOND),
        total=histogram.total,
        buckets=[
            histogram_pb2.Bucket(
                time=timestamp_of(bucket.time), total=bucket.total, levels=_level_counts(bucket.levels)
            )
            for bucket in histogram.buckets
        ],
        complete=histogram.is_complete,
    )


def facets_message(facets: Facets) -> facets_pb2.Facets:
    """Facets as a message."""
    from_time, to_time = facets.filters.from_time, facets.filters.to_time
    assert from_time is not None
    assert to_time is not None
    return facets_pb2.Facets(
        from_time=timestamp_of(from_time),
        to_time=timestamp_of(to_time),
        total=facets.total,
        levels=_level_counts(facets.levels),
        services=_values(facets.fields["service"]),
        components=_values(facets.fields["component"]),
        codes=_values(facets.fields["code"]),
        environments=_values(facets.fields["environment"]),
        complete=facets.is_complete,
    )


def group_message(group: Group) -> group_pb2.Group:
    """A group as a message; what is absent stays unset."""
    totals = group.totals
    message = group_pb2.Group(
        id=totals.id,
        title=totals.title,
        status=STATUSES[group.status],
        muted_until_count=group.muted_until_count or 0,
        service=totals.service or "",
        component=totals.component or "",
        code=totals.code or "",
        levels=_level_counts(totals.levels),
        event_count=totals.event_count,
        first_event_time=timestamp_of(totals.first_event_time),
        last_event_time=timestamp_of(totals.last_event_time),
        sparkline=group_pb2.Sparkline(from_time=timestamp_of(group.sparkline.from_time), counts=group.sparkline.counts),
    )
    if group.muted_until is not None:
        message.muted_until.CopyFrom(timestamp_of(group.muted_until))
    return message


def _level_counts(levels: Mapping[Level, int]) -> list[histogram_pb2.LevelCount]:
    return [
        histogram_pb2.LevelCount(level=level.value, event_count=event_count)  # type: ignore[arg-type]  # the same numbers
        for level, event_count in levels.items()
    ]


def _values(values: Sequence[FacetValue]) -> list[facets_pb2.FacetValue]:
    return [facets_pb2.FacetValue(value=each.value, event_count=each.event_count) for each in values]
