"""From a record of OpenTelemetry, in plain values and whatever it came as, to a log event of the core."""

from typing import Any, Final

import msgspec

from otel_bridge.blocks import Block, as_text
from otel_bridge.controls import Controls, read_controls, take_controls
from otel_bridge.counts import read_count
from otel_bridge.levels import level_of
from server.core.attributes import pack_attributes, pack_value
from server.core.events import may_have_members, utf8_length, with_members
from server.core.fields import MAX_TEXT_LENGTH
from server.core.model import LogEvent, RecordDetails

NO_BODY: Final = object()
"""For `Record.body`: the message says it all."""


class Record(msgspec.Struct):
    """One record as it was read. Instants are nanoseconds, 0 = none; ids are lower-case hex, None = none.

    `message` is the body where that is a text; every other kind of body is in `body`, as the value that JSON has
    for it. `attributes` are the record's own, and are used up. `warnings` is what the reading cost.
    """

    time: int
    severity_number: int
    severity_text: str
    message: str
    body: Any
    attributes: dict[str, Any]
    trace_id: str | None
    span_id: str | None
    flags: int
    dropped_attributes_count: int
    event_name: str
    warnings: tuple[str, ...]


def event_of(record: Record, block: Block) -> LogEvent:
    """The event of a record in its block. Raises InvalidField naming a control attribute that cannot be."""
    attributes = record.attributes
    said = take_controls(attributes)
    controls = _controls(said, block)
    packed, packing_warnings = pack_attributes(attributes)
    message, body, body_warnings = _message_and_body(record)
    message = message or record.event_name or _exception_text(attributes)
    size = utf8_length(message) + len(packed) + len(body)
    # The members of one that is too large would be many times its size, and nobody's.
    if size <= block.defaults.max_event_bytes and may_have_members(record.message):
        packed, packing_warnings = with_members(message, attributes, packed, packing_warnings)
    count = read_count(attributes) if "log_count" in attributes else None
    event_count, first_event_time, last_event_time = count or (1, None, None)
    warnings = record.warnings + packing_warnings + body_warnings + controls.warnings + block.warnings
    return LogEvent(
        message=message,
        level=controls.level or level_of(record.severity_number, record.severity_text, attributes),
        size=size,
        send_notification=controls.send_notification,
        debounce=controls.debounce,
        event_id=controls.event_id or _uid(attributes),
        event_time=record.time or None,
        service=block.service,
        component=controls.component,
        code=controls.code,
        environment=block.environment,
        release=block.release,
        trace_id=record.trace_id,
        span_id=record.span_id,
        fingerprint=controls.fingerprint,
        attributes=packed,
        warnings=tuple(dict.fromkeys(warnings)) if warnings else (),
        event_count=event_count,
        first_event_time=first_event_time,
        last_event_time=last_event_time,
        record=RecordDetails(
            body,
            record.severity_number,
            record.severity_text or None,
            record.event_name or None,
            record.flags,
            record.dropped_attributes_count,
            block.resource,
            block.scope,
        ),
    )


def _message_and_body(record: Record) -> tuple[str, bytes, tuple[str, ...]]:
    """The message, the structured body and what that cost."""
    if record.body is NO_BODY:
        return record.message, b"", ()
    body, warnings = pack_value(record.body)
    # What JSON has a text for, bytes and NaN, reads better without quotes.
    return record.body if isinstance(record.body, str) else body.decode(), body, warnings


def _controls(said: dict[str, Any], block: Block) -> Controls:
    if not said and block.controls is not None:
        return block.controls
    return read_controls({**block.said, **said}, block.scope_name, block.defaults)


def _exception_text(attributes: dict[str, Any]) -> str:
    parts = (as_text(attributes.get("exception.type")), as_text(attributes.get("exception.message")))
    return ": ".join(part for part in parts if part)


def _uid(attributes: dict[str, Any]) -> str | None:
    uid = attributes.get("log.record.uid")
    return uid if isinstance(uid, str) and 0 < len(uid) <= MAX_TEXT_LENGTH else None
