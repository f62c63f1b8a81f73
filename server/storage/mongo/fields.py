"""The fields of an event's document: the vocabulary's names, what is absent left out."""

from collections.abc import Mapping
from typing import Any

from server.core.model import Level, RecordDetails
from server.core.stored import Repeats, StoredEvent, first_repeats

_OPTIONAL = (
    "service",
    "component",
    "code",
    "environment",
    "release",
    "trace_id",
    "span_id",
    "event_id",
    "fingerprint",
    "debounce_key",
    "requested",
    "first_event_time",
    "last_event_time",
)
"""Kept as they are, where an event has them."""
_RECORD_TEXTS = ("severity_text", "event_name")
_RECORD_NUMBERS = ("severity_number", "flags", "dropped_attributes_count")
_RECORD_JSON = ("body", "resource", "scope")
LARGE_FIELDS = ("message", "attributes", *_RECORD_JSON)
"""What makes a document large: texts."""
_RECORD = (*_RECORD_TEXTS, *_RECORD_NUMBERS, *_RECORD_JSON)


def event_fields(event: StoredEvent) -> dict[str, Any]:
    """An event's own fields; times stay nanoseconds, which BSON's dates cannot hold."""
    fields: dict[str, Any] = {
        "level": int(event.level),
        "message": event.message,
        "event_time": event.event_time,
        "receive_time": event.receive_time,
        "door": event.door,
    }
    for name in _OPTIONAL:
        value = getattr(event, name)
        if value is not None:
            fields[name] = value
    if event.attributes:
        fields["attributes"] = event.attributes.decode()
    if event.warnings:
        fields["warnings"] = list(event.warnings)
    if event.record is not None:
        fields.update(_record_fields(event.record))
    return fields


def _record_fields(record: RecordDetails) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in _RECORD}
    fields.update((name, fields[name].decode()) for name in _RECORD_JSON)
    return {name: value for name, value in fields.items() if value}


def _record_of(document: Mapping[str, Any]) -> RecordDetails | None:
    fields = {name: document[name] for name in _RECORD if name in document}
    fields.update((name, fields[name].encode()) for name in _RECORD_JSON if name in fields)
    return RecordDetails(**fields) if fields else None


def event_of(document: Mapping[str, Any]) -> StoredEvent:
    """The event in a document."""
    get = document.get
    return StoredEvent(
        message=document["message"],
        level=Level(document["level"]),
        event_time=document["event_time"],
        receive_time=document["receive_time"],
        door=document["door"],
        attributes=get("attributes", "").encode(),
        warnings=tuple(get("warnings", ())),
        record=_record_of(document),
        **{name: get(name) for name in _OPTIONAL},
    )


def totals_of(document: Mapping[str, Any], event: StoredEvent) -> Repeats:
    """What an entry's document says of its events so far: folded pages included, the others not."""
    first = first_repeats(event, document["event_count"])
    return Repeats(
        first.event_count,
        document.get("total_first_event_time", first.first_event_time),
        document.get("total_last_event_time", first.last_event_time),
        document.get("last_receive_time", first.last_receive_time),
        document.get("total_requested", first.requested),
    )


def record_size(record: RecordDetails | None) -> int:
    """The bytes of what is large or long in it."""
    if record is None:
        return 0
    texts = (record.severity_text or "") + (record.event_name or "")
    return len(texts.encode()) + len(record.body) + len(record.resource) + len(record.scope)
