"""From what a client sent to a LogEvent: the one place where a door's values become an event."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

from server.core.attributes import pack_attributes
from server.core.errors import InvalidJson
from server.core.json_text import decode_json
from server.core.model import Debounce, Level, LogEvent

_HEX = frozenset("0123456789abcdefABCDEF")
_TRACE_ID_LENGTH, _SPAN_ID_LENGTH = 32, 16
_BEFORE_JSON = frozenset("{ \t\r\n")
"""What a message that is a JSON object can begin with."""


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
    read_later: Callable[[], dict[str, Any]] | None = None,
    most_bytes: int = 0,
) -> LogEvent:
    """An event from checked fields; trace ids and attributes may still be anything.

    `attributes` holds whatever the client sent beside the known fields too. A trace or span id of another shape
    is kept there, with a warning. The members of a message that is a JSON object are copied into it; they do not
    count towards the event's size. `read_later`, where given, has the attributes instead: at most `most_bytes` as
    compact JSON, nested no deeper than is kept; it is asked only once somebody wants to see them. Raises InvalidJson
    for nesting that is beyond JSON.
    """
    strays: list[tuple[str, Any]] = []
    if trace_id is not None:
        trace_id = _identifier(trace_id, _TRACE_ID_LENGTH, "traceId", strays)
    if span_id is not None:
        span_id = _identifier(span_id, _SPAN_ID_LENGTH, "spanId", strays)
    has_members = may_have_members(message)
    if read_later is not None and (strays or has_members):
        attributes, read_later = read_later(), None
    warnings = _keep_strays(attributes, strays) if strays else ()
    packed, packing_warnings = pack_attributes(attributes) if attributes else (b"", ())
    size = utf8_length(message) + len(packed) + (0 if read_later is None else most_bytes)
    if has_members:
        packed, packing_warnings = with_members(message, attributes, packed, packing_warnings)
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
        unread=None if read_later is None else partial(_read_and_pack, read_later),
        warnings=(*warnings, *packing_warnings),
    )


def exact_size(event: LogEvent) -> int:
    """The UTF-8 length of message, attributes and body, also of attributes that were not read yet."""
    return event.size if event.unread is None else utf8_length(event.message) + len(event.unread()[0])


def may_have_members(message: str) -> bool:
    """Whether a message begins as a JSON object does: worth a look by `with_members`."""
    return message[:1] in _BEFORE_JSON


def with_members(
    message: str, attributes: Mapping[str, Any], packed: bytes, warnings: tuple[str, ...]
) -> tuple[bytes, tuple[str, ...]]:
    """The packed attributes and their warnings, with the members of a message that is a JSON object copied into them.

    `packed` and `warnings` are what `pack_attributes` gives for `attributes`. An attribute of a member's name wins.
    """
    members = _json_members(message)
    if not members:
        return packed, warnings
    try:
        return pack_attributes({**members, **attributes})
    except InvalidJson:
        return packed, warnings


def utf8_length(text: str) -> int:
    """The bytes of a text in UTF-8."""
    return len(text if text.isascii() else text.encode())


def _read_and_pack(read: Callable[[], dict[str, Any]]) -> tuple[bytes, tuple[str, ...]]:
    return pack_attributes(read())


def _identifier(value: Any, length: int, name: str, strays: list[tuple[str, Any]]) -> str | None:
    """The id in lower case; None for none, and for what is no id and goes astray."""
    if isinstance(value, str):
        if len(value) == length and _HEX.issuperset(value):
            return None if value.count("0") == length else value.lower()
        if not value:
            return None
    strays.append((name, value))
    return None


def _keep_strays(attributes: dict[str, Any], strays: list[tuple[str, Any]]) -> tuple[str, ...]:
    """Keep what is no id among the attributes, under names that are free; the warnings."""
    for name, value in strays:
        free = name
        while free in attributes:
            free += "_"
        attributes[free] = value
    return tuple("invalid_trace_id" if name == "traceId" else "invalid_span_id" for name, _ in strays)


def _json_members(message: str) -> dict[str, Any] | None:
    """The members of a message that is a JSON object; None if it is anything else."""
    try:
        value = decode_json(message)
    except InvalidJson:
        return None
    return value if isinstance(value, dict) else None
