"""Requests of OpenTelemetry as OTLP's JSON, in every spelling that the specification allows."""

import math
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from random import Random
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber


def render(request: ExportLogsServiceRequest, *, seed: int = 0) -> dict[str, Any]:
    """The request as JSON values. The seed picks between spellings: snake_case, numbers as texts, absent or default."""
    return _Renderer(Random(seed)).request(request)


class _Renderer:
    def __init__(self, random: Random) -> None:
        self._random = random

    def request(self, request: ExportLogsServiceRequest) -> dict[str, Any]:
        return self._object(resourceLogs=[self._resource_logs(block) for block in request.resource_logs])

    def _resource_logs(self, block: ResourceLogs) -> dict[str, Any]:
        resource = block.resource
        return self._object(
            resource=self._object(
                attributes=self._pairs(resource.attributes),
                droppedAttributesCount=self._number(resource.dropped_attributes_count),
            ),
            scopeLogs=[self._scope_logs(inner) for inner in block.scope_logs],
            schemaUrl=block.schema_url,
        )

    def _scope_logs(self, block: ScopeLogs) -> dict[str, Any]:
        scope = block.scope
        return self._object(
            scope=self._object(
                name=scope.name,
                version=scope.version,
                attributes=self._pairs(scope.attributes),
                droppedAttributesCount=self._number(scope.dropped_attributes_count),
            ),
            logRecords=[self._record(record) for record in block.log_records],
            schemaUrl=block.schema_url,
        )

    def _record(self, record: LogRecord) -> dict[str, Any]:
        return self._object(
            timeUnixNano=self._number(record.time_unix_nano),
            observedTimeUnixNano=self._number(record.observed_time_unix_nano),
            severityNumber=self._severity(record.severity_number),
            severityText=record.severity_text,
            body=self._value(record.body) if record.HasField("body") else None,
            attributes=self._pairs(record.attributes),
            droppedAttributesCount=self._number(record.dropped_attributes_count),
            flags=self._number(record.flags),
            traceId=self._hex(record.trace_id),
            spanId=self._hex(record.span_id),
            eventName=record.event_name,
        )

    def _pairs(self, pairs: Iterable[KeyValue]) -> list[dict[str, Any]]:
        return [self._object(key=pair.key, value=self._value(pair.value)) for pair in pairs]

    def _value(self, value: AnyValue) -> dict[str, Any]:
        kind = value.WhichOneof("value")
        if kind is None:
            return {}
        inner: Any = getattr(value, kind)
        if kind == "int_value":
            inner = self._number(inner)
        elif kind == "double_value":
            inner = self._double(inner)
        elif kind == "bytes_value":
            encode = self._random.choice([b64encode, urlsafe_b64encode])
            inner = self._random.choice([encode(inner), encode(inner).rstrip(b"=")]).decode()
        elif kind == "array_value":
            inner = self._object(values=[self._value(element) for element in inner.values])
        elif kind == "kvlist_value":
            inner = self._object(values=self._pairs(inner.values))
        return {self._name(_camel(kind)): inner}

    def _object(self, **members: Any) -> dict[str, Any]:
        """Members in any order and spelling; what is empty may be absent, null or empty."""
        names = list(members)
        self._random.shuffle(names)
        rendered: dict[str, Any] = {}
        for name in names:
            value = members[name]
            if value in (None, "", [], {}) and self._random.random() < 0.7:
                if self._random.random() < 0.5:
                    rendered[self._name(name)] = None
                continue
            rendered[self._name(name)] = value
        if self._random.random() < 0.2:
            rendered["unknownField"] = {"values": [1, None, "text"]}
        return rendered

    def _name(self, name: str) -> str:
        return self._random.choice([name, "".join(f"_{c.lower()}" if c.isupper() else c for c in name)])

    def _number(self, number: int) -> int | str:
        return number if self._random.random() < 0.5 else str(number)

    def _severity(self, number: int) -> int | str:
        if number in SeverityNumber.values():
            return SeverityNumber.Name(SeverityNumber.ValueType(number)) if self._random.random() < 0.5 else number
        return number

    def _double(self, number: float) -> float | str:
        if math.isfinite(number):
            return number if self._random.random() < 0.5 else repr(number)
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"

    def _hex(self, data: bytes) -> str:
        return self._random.choice([data.hex(), data.hex().upper()])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
