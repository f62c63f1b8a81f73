"""What is sent over OTLP: the benchmarks' events as records, each request a little different from the one before."""

import gzip
from collections.abc import Callable, Iterator
from itertools import count
from time import time_ns
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from bench.events import event
from tests.support.otlp_requests import any_value, pairs

BEGIN_NANOSECONDS = 1_790_000_000_000_000_000
"""When the first record happened: like every record's, a time that the digest of a request is taken for."""
_PLACE = "#" * 20
"""Stands in a request where its own number goes: the service stores one that comes again only once."""


def export_request(records: int) -> ExportLogsServiceRequest:
    """One request: one resource, one scope, so many records with eight attributes."""
    request = ExportLogsServiceRequest()
    logs = request.resource_logs.add()
    resource = {"service.name": "checkout", "service.version": "2.14.1", "deployment.environment.name": "production"}
    logs.resource.attributes.extend(pairs({**resource, "service.instance.id": _PLACE}))
    scope = logs.scope_logs.add()
    scope.scope.name = "payments"
    scope.log_records.extend(_record(number) for number in range(records))
    return request


def protobuf_bodies(records: int) -> Iterator[bytes]:
    """Requests in protobuf, without end, no two alike."""
    return _numbered(export_request(records).SerializeToString())


def json_bodies(records: int) -> Iterator[bytes]:
    """The same as OTLP/JSON."""
    return _numbered(msgspec.json.encode(_as_json(export_request(records))))


def gzip_bodies(records: int) -> Iterator[bytes]:
    """The same as the first, compressed as exporters do."""
    return (gzip.compress(body, compresslevel=1) for body in protobuf_bodies(records))


BODIES: dict[str, Callable[[int], Iterator[bytes]]] = {
    "protobuf": protobuf_bodies,
    "json": json_bodies,
    "gzip": gzip_bodies,
}


def _numbered(body: bytes) -> Iterator[bytes]:
    before, after = body.split(_PLACE.encode())
    # From another number in each process: an earlier round's requests would be known again.
    return (b"%b%020d%b" % (before, number, after) for number in count(time_ns()))


def _record(number: int) -> LogRecord:
    source = event(number)
    return LogRecord(
        time_unix_nano=BEGIN_NANOSECONDS + number * 1_000_000,
        observed_time_unix_nano=BEGIN_NANOSECONDS + number * 1_000_000,
        severity_number=SeverityNumber.SEVERITY_NUMBER_ERROR,
        severity_text="ERROR",
        body=any_value(source["message"]),
        attributes=pairs(source["attributes"]),
        trace_id=bytes.fromhex(source["traceId"]),
        span_id=bytes.fromhex(source["traceId"][:16].replace("0", "b")),
        flags=1,
    )


def _as_json(request: ExportLogsServiceRequest) -> dict[str, Any]:
    (logs,) = request.resource_logs
    (scope,) = logs.scope_logs
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _json_pairs(logs.resource.attributes)},
                "scopeLogs": [
                    {
                        "scope": {"name": scope.scope.name},
                        "logRecords": [_json_record(record) for record in scope.log_records],
                    }
                ],
            }
        ]
    }


def _json_record(record: LogRecord) -> dict[str, Any]:
    return {
        "timeUnixNano": str(record.time_unix_nano),
        "observedTimeUnixNano": str(record.observed_time_unix_nano),
        "severityNumber": record.severity_number,
        "severityText": record.severity_text,
        "body": {"stringValue": record.body.string_value},
        "attributes": _json_pairs(record.attributes),
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
        "flags": record.flags,
    }


def _json_pairs(pairs: Any) -> list[dict[str, Any]]:
    return [{"key": pair.key, "value": _json_value(pair.value)} for pair in pairs]


def _json_value(value: AnyValue) -> dict[str, Any]:
    if value.HasField("int_value"):
        return {"intValue": str(value.int_value)}
    if value.HasField("bool_value"):
        return {"boolValue": value.bool_value}
    if value.HasField("double_value"):
        return {"doubleValue": value.double_value}
    return {"stringValue": value.string_value}
