"""From a JSON body to log events. What is wrong with one event is that event's error alone."""

from typing import Any

import msgspec

from server.core.debounce import check_debounce
from server.core.errors import InvalidField, InvalidJson, InvalidRequest, TrackingError, too_many_events
from server.core.events import make_event
from server.core.fields import (
    check_attributes,
    check_event_id,
    check_event_time,
    check_fingerprint,
    check_level,
    check_message,
    check_send_notification,
    check_text,
)
from server.core.ingest import MAX_BATCH_EVENTS
from server.core.json_text import read_json
from server.core.model import LogEvent

_KNOWN = frozenset(
    {
        "message",
        "level",
        "sendNotification",
        "useDebounce",
        "eventId",
        "eventTime",
        "service",
        "component",
        "code",
        "environment",
        "release",
        "traceId",
        "spanId",
        "fingerprint",
        "attributes",
    }
)
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def read_event(body: bytes, idempotency_key: str | None) -> LogEvent:
    """The event of a single request."""
    return _event(read_json(body), check_event_id(idempotency_key, "Idempotency-Key"))


def read_array(body: bytes, idempotency_key: str | None) -> list[LogEvent | TrackingError]:
    """The events of a JSON array. Raises InvalidJson if it is broken anywhere, InvalidRequest if it is no array."""
    if not body.strip():
        return []
    try:
        items = _decode_items(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        if not isinstance(read_json(body), list):
            raise InvalidRequest("A batch must be a JSON array of events.") from None
        raise InvalidJson from None
    _require_number(len(items))
    prefix = _prefix(idempotency_key)
    return [_event_or_error(read_json(bytes(item)), prefix, index) for index, item in enumerate(items)]


def read_lines(body: bytes, idempotency_key: str | None) -> list[LogEvent | TrackingError]:
    """The events of NDJSON; a bad line is an error of its own, blank lines do not count."""
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    _require_number(len(lines))
    prefix = _prefix(idempotency_key)
    return [_line(line, prefix, index) for index, line in enumerate(lines)]


def _line(line: bytes, prefix: str | None, index: int) -> LogEvent | TrackingError:
    try:
        value = read_json(line)
    except TrackingError as error:
        return error
    return _event_or_error(value, prefix, index)


def _event_or_error(value: Any, prefix: str | None, index: int) -> LogEvent | TrackingError:
    try:
        event_id = None
        if prefix is not None and not (isinstance(value, dict) and value.get("eventId") is not None):
            event_id = check_event_id(f"{prefix}:{index}", "Idempotency-Key")
        return _event(value, event_id)
    except TrackingError as error:
        return error


def _event(value: Any, idempotency_key: str | None) -> LogEvent:
    if not isinstance(value, dict):
        raise InvalidRequest("An event must be a JSON object with at least a message.")
    get = value.get
    return make_event(
        message=check_message(get("message")),
        level=check_level(get("level")),
        send_notification=check_send_notification(get("sendNotification")),
        debounce=check_debounce(get("useDebounce")),
        event_id=_event_id(get("eventId"), idempotency_key),
        event_time=check_event_time(get("eventTime")),
        service=check_text(get("service"), "service"),
        component=check_text(get("component"), "component"),
        code=check_text(get("code"), "code"),
        environment=check_text(get("environment"), "environment"),
        release=check_text(get("release"), "release"),
        fingerprint=check_fingerprint(get("fingerprint")),
        trace_id=get("traceId"),
        span_id=get("spanId"),
        attributes=_attributes(value),
    )


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    """The attributes, and beside them every top-level member that is no field; a sent attribute wins."""
    attributes = check_attributes(value.get("attributes"))
    if _KNOWN.issuperset(value):
        return attributes
    unknown = {name: member for name, member in value.items() if name not in _KNOWN and member is not None}
    return {**unknown, **attributes}


def _event_id(value: Any, idempotency_key: str | None) -> str | None:
    event_id = check_event_id(value)
    if event_id is None or idempotency_key is None or event_id == idempotency_key:
        return event_id if event_id is not None else idempotency_key
    raise InvalidField(
        "eventId and the header Idempotency-Key mean the same; send one of them.",
        code="INVALID_EVENT_ID",
        message="Invalid event id",
        field="eventId",
    )


def _prefix(idempotency_key: str | None) -> str | None:
    return None if idempotency_key is None else check_event_id(idempotency_key, "Idempotency-Key")


def _require_number(events: int) -> None:
    if events > MAX_BATCH_EVENTS:
        raise too_many_events(f"The batch has {events} events; {MAX_BATCH_EVENTS} are accepted.", events=events)
