"""The messages of a protobuf request, read into plain values."""

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from otel_bridge.blocks import Block, Source, resource_block, scope_block
from otel_bridge.controls import Defaults
from otel_bridge.decoding import Decoded
from otel_bridge.records import NO_BODY, Record
from otel_bridge.values import (
    SPAN_ID_BYTES,
    TRACE_ID_BYTES,
    base64_text,
    hex_id,
    id_warnings,
    json_double,
)
from server.core.instants import LATEST

_MENDED = ("invalid_utf8",)


def read_protobuf(decoded: Decoded, defaults: Defaults) -> Iterator[tuple[Block, Iterator[Record]] | None]:
    """The scopes of a request, each with its records, in order; None for each resource, which is work too."""
    mended = decoded.mended
    for i, resource_logs in enumerate(decoded.request.resource_logs):
        resource = resource_block(_resource(resource_logs, _MENDED if (i,) in mended else ()))
        yield None
        for j, scope_logs in enumerate(resource_logs.scope_logs):
            scope = _scope(scope_logs, _MENDED if (i, j) in mended else ())
            yield scope_block(resource, scope, defaults), _records(scope_logs.log_records, mended, i, j)


def read_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Key and value pairs as an object; of equal keys the last wins."""
    attributes: dict[str, Any] = {}
    # Half the cost of a record is here. Most values are texts, and most others integers.
    for pair in pairs:
        value = pair.value
        attributes[pair.key] = value.string_value or value.int_value or _value(value)
    return attributes


def _records(messages: Iterable[LogRecord], mended: frozenset[tuple[int, ...]], i: int, j: int) -> Iterator[Record]:
    for k, message in enumerate(messages):
        yield _record(message, _MENDED if mended and (i, j, k) in mended else ())


def _record(message: LogRecord, warnings: tuple[str, ...]) -> Record:
    body = message.body
    text = body.string_value
    trace_id, span_id = message.trace_id, message.span_id
    trace_hex, span_hex = hex_id(trace_id, TRACE_ID_BYTES), hex_id(span_id, SPAN_ID_BYTES)
    if trace_hex is None or span_hex is None:
        warnings += id_warnings(trace_id, span_id)
    return Record(
        min(message.time_unix_nano or message.observed_time_unix_nano, LATEST),
        message.severity_number,
        message.severity_text,
        text,
        NO_BODY if text else _body(body),
        read_attributes(message.attributes),
        trace_hex,
        span_hex,
        message.flags & 0xFF,
        message.dropped_attributes_count,
        message.event_name,
        warnings,
    )


def _body(body: AnyValue) -> Any:
    """A body that is no text, or an empty one."""
    return NO_BODY if body.WhichOneof("value") in {None, "string_value"} else _value(body)


def _value(value: AnyValue) -> Any:  # noqa: PLR0911 - one line a kind
    kind = value.WhichOneof("value")
    if kind == "double_value":
        return json_double(value.double_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "string_value":
        return value.string_value
    if kind == "int_value":
        return value.int_value
    if kind == "kvlist_value":
        return read_attributes(value.kvlist_value.values)
    if kind == "array_value":
        return [_value(element) for element in value.array_value.values]
    if kind == "bytes_value":
        return base64_text(value.bytes_value)
    return None


def _resource(message: ResourceLogs, warnings: tuple[str, ...]) -> Source:
    resource = message.resource
    return Source(
        attributes=read_attributes(resource.attributes),
        schema_url=message.schema_url,
        dropped_attributes_count=resource.dropped_attributes_count,
        warnings=warnings,
    )


def _scope(message: ScopeLogs, warnings: tuple[str, ...]) -> Source:
    scope = message.scope
    return Source(
        name=scope.name,
        version=scope.version,
        attributes=read_attributes(scope.attributes),
        schema_url=message.schema_url,
        dropped_attributes_count=scope.dropped_attributes_count,
        warnings=warnings,
    )
