"""A request in OTLP's JSON, walked and read into plain values.

Not through protobuf's own JSON: that reads hex ids as base64, and takes thirty times as long.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Raw
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from otel_bridge.blocks import Block, Source, resource_block, scope_block
from otel_bridge.bounds import json_record_bytes, require_json_context, too_large_record
from otel_bridge.controls import Defaults
from otel_bridge.json_fields import (
    WrongValue,
    decoded_members,
    inner_object,
    is_null,
    member,
    raw_elements,
    raw_members,
    text,
    unsigned,
)
from otel_bridge.json_values import read_attributes, read_body
from otel_bridge.records import Record
from otel_bridge.values import SPAN_ID_BYTES, TRACE_ID_BYTES, hex_id, id_warnings, whole_number
from server.core.errors import InvalidJson, InvalidRequest, TooLarge
from server.core.instants import LATEST
from server.core.json_text import MENDED_HALF_PAIR, decode_json, mend_half_pairs

_NO_ID = b"\xff"
"""Stands for text that is no hex: bytes of a length that no id has."""


def read_json_request(body: bytes, defaults: Defaults) -> Iterator[tuple[Block, Iterator[Record | TooLarge]] | None]:
    """The scopes of a request, each with its records, in order; None for each resource, which is work too.

    One record after the other is decoded, and what nobody knows is not. A record that is too large is an error. Raises
    InvalidRequest naming the path of a value that cannot be, as the iterators come to it, and TooLarge.
    """
    request = _members_of_request(body)
    path: tuple[str | int, ...] = ()
    try:
        for i, resource_raw in enumerate(raw_elements(request, "resourceLogs", "resource_logs")):
            if is_null(resource_raw):
                continue
            path = ("resourceLogs", i)
            resource_logs = raw_members(resource_raw)
            resource = resource_block(_source(resource_logs, "resource"))
            yield None
            for j, scope_raw in enumerate(raw_elements(resource_logs, "scopeLogs", "scope_logs")):
                if is_null(scope_raw):
                    continue
                path = ("resourceLogs", i, "scopeLogs", j)
                scope_logs = raw_members(scope_raw)
                scope = scope_block(resource, _source(scope_logs, "scope"), defaults)
                records = raw_elements(scope_logs, "logRecords", "log_records")
                yield scope, _records(records, (*path, "logRecords"), json_record_bytes(defaults.max_event_bytes))
                path = ("resourceLogs", i)
            path = ()
    except WrongValue as error:
        raise _invalid(error.under(*path)) from None


def _records(records: list[Raw], path: tuple[str | int, ...], most_bytes: int) -> Iterator[Record | TooLarge]:
    for k, raw in enumerate(records):
        data = bytes(raw)
        if len(data) > most_bytes:
            yield too_large_record(len(data))
        elif data != b"null":
            try:
                yield _record_of(data)
            except WrongValue as error:
                raise _invalid(error.under(*path, k)) from None


def _record_of(data: bytes) -> Record:
    record = _record(_object(decode_json(data)))
    if MENDED_HALF_PAIR in data:
        record.warnings += ("invalid_utf8",)
    return record


def _members_of_request(body: bytes) -> dict[str, Raw]:
    try:
        return raw_members(body)
    except WrongValue:
        raise InvalidRequest("The body must be a JSON object with resourceLogs.") from None
    except InvalidJson:
        mended = mend_half_pairs(body)
        if mended == body:
            raise
        return raw_members(mended)


def _object(value: Any) -> dict[str, Any]:
    if type(value) is dict:
        return value
    raise WrongValue("must be an object")


def _invalid(error: WrongValue) -> InvalidRequest:
    return InvalidRequest(f"{error.place} {error.problem}.", field=error.place)


def _record(record: dict[str, Any]) -> Record:
    message, body = read_body(record.get("body"))
    trace_id, span_id = _id(record, "traceId", "trace_id"), _id(record, "spanId", "span_id")
    trace_hex, span_hex = hex_id(trace_id, TRACE_ID_BYTES), hex_id(span_id, SPAN_ID_BYTES)
    time = unsigned(record, "timeUnixNano", "time_unix_nano", 64)
    observed_time = unsigned(record, "observedTimeUnixNano", "observed_time_unix_nano", 64)
    return Record(
        min(time or observed_time, LATEST),
        _severity_number(record),
        text(record, "severityText", "severity_text"),
        message,
        body,
        read_attributes(record),
        trace_hex,
        span_hex,
        unsigned(record, "flags", "flags", 32) & 0xFF,
        unsigned(record, "droppedAttributesCount", "dropped_attributes_count", 32),
        text(record, "eventName", "event_name"),
        id_warnings(trace_id, span_id) if trace_hex is None or span_hex is None else (),
    )


def _id(record: dict[str, Any], name: str, snake_name: str) -> bytes:
    digits = text(record, name, snake_name)
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return _NO_ID
    # White space between the digits is none of them.
    return data if len(data) * 2 == len(digits) else _NO_ID


def _severity_number(record: dict[str, Any]) -> int:
    """An integer or a name of the enumeration; 0 for a number that is none of protobuf's."""
    value = member(record, "severityNumber", "severity_number")
    if value is None:
        return 0
    number = whole_number(value)
    if number is None and type(value) is str:
        number = _SEVERITY_NUMBERS.get(value)
    if number is None:
        raise WrongValue("must be a number or a name such as SEVERITY_NUMBER_INFO", "severityNumber")
    return number if -(2**31) <= number < 2**31 else 0


_SEVERITY_NUMBERS: dict[str, int] = dict(SeverityNumber.items())


def _source(block: dict[str, Raw], name: str) -> Source:
    """The resource of a ResourceLogs, or the scope of a ScopeLogs."""
    require_json_context(len(memoryview(block.get(name, b""))))
    members = decoded_members(block, name, "schemaUrl", "schema_url")
    source = inner_object(members, name)
    schema_url = text(members, "schemaUrl", "schema_url")
    try:
        return Source(
            attributes=read_attributes(source),
            schema_url=schema_url,
            dropped_attributes_count=unsigned(source, "droppedAttributesCount", "dropped_attributes_count", 32),
            name=text(source, "name", "name") if name == "scope" else "",
            version=text(source, "version", "version") if name == "scope" else "",
        )
    except WrongValue as error:
        raise error.under(name) from None
