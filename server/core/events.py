"""From what a client sent to a LogEvent: the one place where a door's values become an event."""

from collections.abc import Mapping
from typing import Any, Literal

from server.core.attributes import pack_attributes
from server.core.errors import InvalidJson
from server.core.json_text import decode_json
from server.core.model import Debounce, Level, LogEvent

_HEX = frozenset("0123456789abcdefABCDEF")
_TRACE_ID_LENGTH, _SPAN_ID_LENGTH = 32, 16


def make_event(
    *,
    message: str,
    level: Level,
    send_notification: bool | None,
    debounce: Debounce | Literal[False] | None,
    event_id: str | None,
    event_time: int | None,
    service: str | None,
    component: str | None,
    code: str | None,
    environment: str | None,
    release: str | None,
    fingerprint: str | None,
    trace_id: Any,
    span_id: Any,
    attributes: dict[str, Any],
) -> LogEvent:
    """An event from checked fields; trace ids and attributes may still be anything.

    `attributes` holds whatever the client sent beside the known fields too. A trace or span id of another shape
    is kept there, with a warning. The members of a message that is a JSON object are copied into it; they do not
    count towards the event's size. Raises InvalidJson for nesting that is beyond JSON.
    """
    warnings: list[str] = []
    if trace_id is not None:
        trace_id = _identifier(trace_id, _TRACE_ID_LENGTH, "traceId", attributes, warnings)
    if span_id is not None:
        span_id = _identifier(span_id, _SPAN_ID_LENGTH, "spanId", attributes, warnings)
    packed, packing_warnings = pack_attributes(attributes) if attributes else (b"", ())
    size = len(message if message.isascii() else message.encode()) + len(packed)
    if message[0] in "{ \t\r\n" and (members := _json_members(message)):
        packed, packing_warnings = _with_members(members, attributes, packed, packing_warnings)
    return LogEvent(
        message=message,
        level=level,
        size=size,
        send_notification=send_notification,
        debounce=debounce,
        event_id=event_id,
        event_time=event_time,
        service=service,
        component=component,
        code=code,
        environment=environment,
        release=release,
        trace_id=trace_id,
        span_id=span_id,
        fingerprint=fingerprint,
        attributes=packed,
        warnings=(*warnings, *packing_warnings),
    )


def _identifier(value: Any, length: int, name: str, attributes: dict[str, Any], warnings: list[str]) -> str | None:
    if isinstance(value, str):
        if len(value) == length and _HEX.issuperset(value):
            return None if value.count("0") == length else value.lower()
        if not value:
            return None
    while name in attributes:
        name += "_"
    attributes[name] = value
    warnings.append("invalid_trace_id" if length == _TRACE_ID_LENGTH else "invalid_span_id")
    return None


def _json_members(message: str) -> dict[str, Any] | None:
    """The members of a message that is a JSON object; None if it is anything else."""
    try:
        value = decode_json(message)
    except InvalidJson:
        return None
    return value if isinstance(value, dict) else None


def _with_members(
    members: Mapping[str, Any], attributes: dict[str, Any], packed: bytes, warnings: tuple[str, ...]
) -> tuple[bytes, tuple[str, ...]]:
    try:
        return pack_attributes({**members, **attributes})
    except InvalidJson:
        return packed, warnings
