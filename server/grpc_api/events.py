"""From the contract's LogEvent to the core's: the same checks as over REST, the same codes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1 import debounce_pb2, log_event_pb2

from server.core.debounce import check_debounce_key
from server.core.errors import InvalidField, TrackingError, too_many_events
from server.core.events import make_event
from server.core.fields import check_event_id, check_fingerprint, check_message, check_text, level_from_word
from server.core.ingest import MAX_BATCH_EVENTS
from server.core.instants import EARLIEST, LATEST
from server.core.intervals import interval_from_milliseconds
from server.core.model import NANOSECONDS_PER_SECOND, Debounce, Level, LogEvent

_LEVELS: dict[int, Level] = {0: Level.INFO, **{int(level): level for level in Level}}
_EXACT = 2.0**53
_MOST_PUT_OFF_BYTES = 8 * 1024
_JSON_BYTES_PER_BYTE = 6
"""At most: a control character is one byte in a message and six in JSON; all else that a Struct has grows less."""
_EXCEPTION_TYPE = "exception.type"


def read_event(message: log_event_pb2.LogEvent) -> LogEvent:
    """One event. Raises InvalidField naming the field."""
    attributes = message.attributes if message.HasField("attributes") else None
    debounce = message.debounce if message.HasField("debounce") else None
    most_bytes = 0 if attributes is None or debounce is None else _most_bytes_put_off(attributes, debounce)
    return make_event(
        message=check_message(message.message),
        level=_LEVELS[message.level] if message.level in _LEVELS else level_from_word(""),
        send_notification=message.send_notification if message.HasField("send_notification") else None,
        debounce=None if debounce is None else _debounce(debounce),
        event_id=check_event_id(message.event_id or None),
        event_time=_event_time(message.event_time) if message.HasField("event_time") else None,
        service=check_text(message.service, "service"),
        component=check_text(message.component, "component"),
        code=check_text(message.code, "code"),
        environment=check_text(message.environment, "environment"),
        release=check_text(message.release, "release"),
        fingerprint=check_fingerprint(message.fingerprint or None),
        trace_id=message.trace_id or None,
        span_id=message.span_id or None,
        attributes={} if attributes is None or most_bytes else read_struct(attributes),
        read_later=partial(read_struct, attributes) if attributes is not None and most_bytes else None,
        most_bytes=most_bytes,
    )


def read_events(messages: Sequence[log_event_pb2.LogEvent]) -> list[LogEvent | TrackingError]:
    """The events of a batch; what is wrong with one is its error alone."""
    events = len(messages)
    if events > MAX_BATCH_EVENTS:
        raise too_many_events(f"The batch has {events} events; {MAX_BATCH_EVENTS} are accepted.", events=events)
    return [_event_or_error(message) for message in messages]


def read_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A Struct as Python values; integral doubles within ±2^53 are integers, as JSON has them."""
    fields = struct.fields
    values: dict[str, Any] = {}
    # Half the cost of a batch is here: `items()` would be slower, and most values are texts.
    for name in fields:
        value = fields[name]
        values[name] = value.string_value or _value(value)
    return values


def nanoseconds_of(timestamp: Timestamp) -> int:
    """A Timestamp as nanoseconds since 1970. Raises ValueError if it cannot be kept or has impossible nanoseconds."""
    instant = timestamp.seconds * NANOSECONDS_PER_SECOND + timestamp.nanos
    if not EARLIEST <= instant <= LATEST or not 0 <= timestamp.nanos < NANOSECONDS_PER_SECOND:
        raise ValueError(f"{timestamp.seconds} s cannot be kept as nanoseconds")
    return instant


def _most_bytes_put_off(attributes: struct_pb2.Struct, debounce: debounce_pb2.Debounce) -> int:
    """What the attributes can have as compact JSON, if they are to be read only once they are kept; else 0.

    Reading them is what most of a repeat would cost. Not put off where the group depends on them, or where they may be
    much.
    """
    if not debounce.key and _EXCEPTION_TYPE in attributes.fields:
        return 0
    size = attributes.ByteSize()
    return _JSON_BYTES_PER_BYTE * size if size <= _MOST_PUT_OFF_BYTES else 0


def _event_or_error(message: log_event_pb2.LogEvent) -> LogEvent | TrackingError:
    try:
        return read_event(message)
    except TrackingError as error:
        return error


def _debounce(message: debounce_pb2.Debounce) -> Debounce:
    interval = None
    if message.HasField("max_interval"):
        duration = message.max_interval
        interval = interval_from_milliseconds(duration.seconds * 1000 + round(duration.nanos / 1_000_000))
    return Debounce(check_debounce_key(message.key or None), interval)


def _event_time(timestamp: Timestamp) -> int:
    try:
        return nanoseconds_of(timestamp)
    except ValueError as error:
        raise InvalidField(
            "event_time must lie between 1678 and 2262.",
            code="INVALID_EVENT_TIME",
            message="Invalid event time",
            field="eventTime",
        ) from error


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return read_struct(value.struct_value)
    if kind == "list_value":
        return [_value(element) for element in value.list_value.values]
    return None


def _number(number: float) -> int | float | str:
    if number.is_integer():
        return int(number) if -_EXACT <= number <= _EXACT else number
    if number - number != 0.0:
        # NaN and the infinities are no JSON numbers; protobuf's JSON spells them as these texts.
        return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"  # noqa: PLR0124
    return number
