"""A request in OTLP's JSON, walked and read into plain values.

Not through protobuf's own JSON: that reads hex ids as base64, and takes thirty times as long.
"""

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from otel_bridge.blocks import Block, Source, resource_block, scope_block
from otel_bridge.controls import Defaults
from otel_bridge.json_fields import WrongValue, inner_object, member, objects, text, unsigned, whole_number
from otel_bridge.json_values import read_attributes, read_body
from otel_bridge.records import Record
from otel_bridge.values import INT64_MAX, SPAN_ID_BYTES, TRACE_ID_BYTES, hex_id, id_warnings
from server.core.errors import InvalidRequest

_NO_ID = b"\xff"
"""Stands for text that is no hex: bytes of a length that no id has."""


def read_json_request(request: Any, defaults: Defaults) -> Iterator[tuple[Block, Iterator[Record]]]:
    """The scopes of a decoded request, each with its records, in order.

    Raises InvalidRequest naming the path of a value that cannot be, as the iterators come to it.
    """
    if type(request) is not dict:
        raise InvalidRequest("The body must be a JSON object with resourceLogs.")
    path: tuple[str | int, ...] = ()
    try:
        for i, resource_logs in objects(request, "resourceLogs", "resource_logs"):
            path = ("resourceLogs", i)
            resource = resource_block(_source(resource_logs, "resource"))
            for j, scope_logs in objects(resource_logs, "scopeLogs", "scope_logs"):
                path = ("resourceLogs", i, "scopeLogs", j)
                scope = scope_block(resource, _source(scope_logs, "scope"), defaults)
                yield scope, _records(objects(scope_logs, "logRecords", "log_records"), (*path, "logRecords"))
    except WrongValue as error:
        raise _invalid(error.under(*path)) from None


def _records(records: list[tuple[int, dict[str, Any]]], path: tuple[str | int, ...]) -> Iterator[Record]:
    for k, record in records:
        try:
            yield _record(record)
        except WrongValue as error:
            raise _invalid(error.under(*path, k)) from None


def _invalid(error: WrongValue) -> InvalidRequest:
    return InvalidRequest(f"{error.place} {error.problem}.", field=error.place)


def _record(record: dict[str, Any]) -> Record:
    message, body = read_body(record.get("body"))
    trace_id, span_id = _id(record, "traceId", "trace_id"), _id(record, "spanId", "span_id")
    trace_hex, span_hex = hex_id(trace_id, TRACE_ID_BYTES), hex_id(span_id, SPAN_ID_BYTES)
    time = unsigned(record, "timeUnixNano", "time_unix_nano", 64)
    observed_time = unsigned(record, "observedTimeUnixNano", "observed_time_unix_nano", 64)
    return Record(
        min(time or observed_time, INT64_MAX),
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


def _source(block: dict[str, Any], name: str) -> Source:
    """The resource of a ResourceLogs, or the scope of a ScopeLogs."""
    source = inner_object(block, name)
    schema_url = text(block, "schemaUrl", "schema_url")
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
