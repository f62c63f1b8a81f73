"""Histograms and groups as REST writes them, from the contract's messages."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1.group_pb2 import Group, GroupStatus
from tracking.v1.histogram_pb2 import Histogram, LevelCount

from server.client.entry_json import nanoseconds_of
from server.core.instants import format_rfc3339
from server.core.intervals import format_interval
from server.core.model import Level


def histogram_fields(histogram: Histogram) -> dict[str, Any]:
    """A histogram as Python values that encode to REST's JSON object."""
    return {
        "from": time_text(histogram.from_time),
        "to": time_text(histogram.to_time),
        "step": format_interval(histogram.step.ToMilliseconds()),
        "total": histogram.total,
        "buckets": [
            {"time": time_text(bucket.time), "total": bucket.total, "levels": level_fields(bucket.levels)}
            for bucket in histogram.buckets
        ],
        **_incomplete(complete=histogram.complete),
    }


def group_fields(group: Group) -> dict[str, Any]:
    """The same of a group."""
    fields: dict[str, Any] = {"id": group.id, "title": group.title, "status": status_word(group)}
    if group.HasField("muted_until"):
        fields["mutedUntil"] = time_text(group.muted_until)
    optional = (
        ("mutedUntilCount", group.muted_until_count),
        ("service", group.service),
        ("component", group.component),
        ("code", group.code),
    )
    fields.update((name, value) for name, value in optional if value)
    return {
        **fields,
        "levels": level_fields(group.levels),
        "eventCount": group.event_count,
        "firstEventTime": time_text(group.first_event_time),
        "lastEventTime": time_text(group.last_event_time),
        "sparkline": {
            "from": time_text(group.sparkline.from_time),
            "step": "1d",
            "counts": list(group.sparkline.counts),
        },
    }


def level_fields(levels: Iterable[LevelCount]) -> dict[str, int]:
    """Events by the words of levels."""
    return {Level(count.level).word: count.event_count for count in levels}


def status_word(group: Group) -> str:
    """A group's status as REST writes it."""
    return GroupStatus.Name(group.status).removeprefix("GROUP_STATUS_").lower()


def time_text(timestamp: Timestamp) -> str:
    """An instant in RFC 3339."""
    return format_rfc3339(nanoseconds_of(timestamp))


def _incomplete(*, complete: bool) -> dict[str, bool]:
    return {} if complete else {"complete": False}
