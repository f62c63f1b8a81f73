"""From the core's entries to the contract's, and from the contract's filter to the core's."""

from typing import Any

import msgspec
from google.protobuf import struct_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1 import attribute_value_pb2, entry_filter_pb2, entry_pb2, level_pb2

from server.core.errors import InvalidField
from server.core.model import NANOSECONDS_PER_SECOND, Entry, Level, RecordDetails, Sample
from server.core.query import EntryFilter, make_filter, narrow
from server.grpc_api.events import nanoseconds_of

_decode = msgspec.json.Decoder().decode


def entry_message(entry: Entry) -> entry_pb2.Entry:
    """An entry as a message; what is absent stays unset."""
    message = entry_pb2.Entry(
        id=entry.id,
        organisation=entry.organisation,
        level=level_pb2.Level.Name(entry.level),
        message=entry.message,
        event_count=entry.event_count,
        event_time=timestamp_of(entry.event_time),
        receive_time=timestamp_of(entry.receive_time),
        first_event_time=timestamp_of(entry.first_event_time),
        last_event_time=timestamp_of(entry.last_event_time),
        expire_time=timestamp_of(entry.expire_time),
        service=entry.service or "",
        component=entry.component or "",
        code=entry.code or "",
        environment=entry.environment or "",
        release=entry.release or "",
        trace_id=entry.trace_id or "",
        span_id=entry.span_id or "",
        event_id=entry.event_id or "",
        fingerprint=entry.fingerprint or "",
        door=entry.door,
        group_id=entry.group_id,
        debounce_key=entry.debounce_key or "",
        samples=[_sample(sample) for sample in entry.samples],
        notification=entry_pb2.Notification(
            requested=entry.notification.requested,
            decision=entry.notification.decision,
            reason=entry.notification.reason or "",
        ),
        warnings=entry.warnings,
    )
    if entry.window_end_time is not None:
        message.window_end_time.CopyFrom(timestamp_of(entry.window_end_time))
    _fill_attributes(message.attributes, entry.attributes)
    if entry.record is not None:
        _fill_record(message, entry.record)
    return message


def read_filter(message: entry_filter_pb2.EntryFilter, now: int) -> EntryFilter:
    """The filter; `now` (nanoseconds) is what relative times are before. Raises InvalidField naming what cannot be."""
    filters = make_filter(
        levels=[_level(level) for level in message.level],
        service=message.service,
        component=message.component,
        code=message.code,
        environment=message.environment,
        trace_id=message.trace_id,
        group_id=message.group_id,
        debounce_key=message.debounce_key,
        attributes={name: [value] for name, value in message.attributes.items()},
        q=message.q,
        from_time=_instant(message.from_time, "from") if message.HasField("from_time") else None,
        to_time=_instant(message.to_time, "to") if message.HasField("to_time") else None,
    )
    return narrow(filters, [message.query], now)


def _fill_record(message: entry_pb2.Entry, record: RecordDetails) -> None:
    message.severity_number = record.severity_number
    message.severity_text = record.severity_text or ""
    message.event_name = record.event_name or ""
    message.flags = record.flags
    message.dropped_attributes_count = record.dropped_attributes_count
    if record.body:
        # An object without members is told by its presence alone.
        message.body.SetInParent()
        _fill(message.body, _decode(record.body))
    if record.resource:
        _fill_origin(message.resource, _decode(record.resource))
    if record.scope:
        scope = _decode(record.scope)
        message.scope.name, message.scope.version = scope.get("name", ""), scope.get("version", "")
        _fill_origin(message.scope, scope)


def _fill_origin(target: entry_pb2.Resource | entry_pb2.Scope, shown: dict[str, Any]) -> None:
    """What a resource and a scope have in common."""
    target.SetInParent()
    for name, value in shown.get("attributes", {}).items():
        _fill(target.attributes[name], value)
    target.schema_url = shown.get("schemaUrl", "")
    target.dropped_attributes_count = shown.get("droppedAttributesCount", 0)


def _sample(sample: Sample) -> entry_pb2.Sample:
    message = entry_pb2.Sample(
        event_count=sample.event_count,
        event_time=timestamp_of(sample.event_time),
        message=sample.message,
        trace_id=sample.trace_id or "",
        span_id=sample.span_id or "",
        event_id=sample.event_id or "",
    )
    _fill_attributes(message.attributes, sample.attributes)
    return message


def timestamp_of(instant: int) -> Timestamp:
    """An instant in nanoseconds."""
    seconds, nanos = divmod(instant, NANOSECONDS_PER_SECOND)
    return Timestamp(seconds=seconds, nanos=nanos)


def _fill_attributes(target: Any, packed: bytes) -> None:
    if packed:
        for name, value in _decode(packed).items():
            _fill(target[name], value)


def _fill(target: attribute_value_pb2.AttributeValue, value: Any) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE  # type: ignore[assignment]  # two sets of stubs, one value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int):
        target.integer_value = value
    elif isinstance(value, float):
        target.double_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for element in value:
            _fill(target.list_value.elements.add(), element)
    else:
        for name, member in value.items():
            _fill(target.members[name], member)


def _level(number: int) -> Level:
    try:
        return Level(number)
    except ValueError as error:
        raise InvalidField(
            "A level to filter by must be one of the five.",
            code="INVALID_LEVEL",
            message="Invalid level",
            field="level",
        ) from error


def _instant(timestamp: Timestamp, field: str) -> int:
    try:
        return nanoseconds_of(timestamp)
    except ValueError as error:
        raise InvalidField(
            f"{field}_time must lie between 1678 and 2262.",
            code="INVALID_TIME_RANGE",
            message="Invalid time range",
            field=field,
        ) from error
