"""Small requests of OpenTelemetry, and what the bridge makes of them."""

import json
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otel_bridge.controls import Defaults
from otel_bridge.decoding import decode_request
from otel_bridge.translate import Translation, translate_json, translate_protobuf
from server.core.errors import TrackingError
from server.core.model import LogEvent

NO_DEFAULTS = Defaults()


def any_value(value: Any) -> AnyValue:
    """A Python value as OpenTelemetry's; None is the value of no kind."""
    if value is None:
        return AnyValue()
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(element) for element in value]))
    kinds = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value"}
    return AnyValue(**{kinds[type(value)]: value})


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """Attributes as OpenTelemetry's key and value pairs."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def request_of(
    *records: LogRecord,
    resource: Mapping[str, Any] | None = None,
    scope: Mapping[str, Any] | None = None,
    scope_name: str = "",
) -> ExportLogsServiceRequest:
    """A request with one resource and one scope that have these attributes."""
    request = ExportLogsServiceRequest()
    block = request.resource_logs.add()
    block.resource.attributes.extend(pairs(resource or {}))
    inner = block.scope_logs.add()
    inner.scope.name = scope_name
    inner.scope.attributes.extend(pairs(scope or {}))
    inner.log_records.extend(records)
    return request


def record(attributes: Mapping[str, Any] | None = None, *, body: Any = "It failed.", **fields: Any) -> LogRecord:
    """A record; a body of None is a value of no kind."""
    return LogRecord(body=any_value(body), attributes=pairs(attributes or {}), **fields)


def results_of(translation: Translation) -> list[LogEvent | TrackingError]:
    """All results of a translation, one a record."""
    return [result for results in translation for result in results]


def protobuf_results(
    request: ExportLogsServiceRequest | bytes, defaults: Defaults = NO_DEFAULTS
) -> list[LogEvent | TrackingError]:
    """What becomes of a request in protobuf."""
    data = request if isinstance(request, bytes) else request.SerializeToString()
    return results_of(translate_protobuf([decode_request(data)], defaults))


def json_results(request: Any, defaults: Defaults = NO_DEFAULTS) -> list[LogEvent | TrackingError]:
    """What becomes of a request in JSON."""
    return results_of(translate_json(json.dumps(request).encode(), defaults))


def event_of(log_record: LogRecord, defaults: Defaults = NO_DEFAULTS, **blocks: Any) -> LogEvent:
    """The event of a single record that is accepted."""
    (result,) = protobuf_results(request_of(log_record, **blocks), defaults)
    assert isinstance(result, LogEvent), result
    return result


def error_of(log_record: LogRecord, **blocks: Any) -> TrackingError:
    """The error of a single record that is not."""
    (result,) = protobuf_results(request_of(log_record, **blocks))
    assert isinstance(result, TrackingError), result
    return result


def json_request(*records: Any) -> dict[str, Any]:
    """A request in JSON with these records."""
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


def json_event(**record: Any) -> LogEvent:
    """The event of one record in JSON."""
    (event,) = json_results(json_request(record))
    assert isinstance(event, LogEvent)
    return event
