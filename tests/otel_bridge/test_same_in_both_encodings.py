"""A request gives the same events in protobuf and in JSON, whatever is in it and however the JSON is spelt."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from otel_bridge.controls import CONTROL_NAMES, Defaults
from otel_bridge.decoding import decode_request
from otel_bridge.translate import translate_json, translate_protobuf
from server.core.errors import TrackingError
from server.core.model import Debounce, LogEvent
from tests.support.otlp_json import render
from tests.support.otlp_requests import any_value, pairs, results_of

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", " ", "\0", "é", '{"orderId": 5}', '{"a": {"b\\u0000": 1}, "log_count": 9}', "x" * 201, "OK", "fatal", "Info2"]
)
INTEGERS = st.sampled_from([0, 1, -1, 2**53 + 1, 10**18, 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats() | st.sampled_from([0.0, -0.0, 5.0, 1e300, 5e-324, 2.0**63])
KEYS = (
    st.sampled_from(
        ["", "a", "a.b", "$set", "_id", "nul\0key", "exception.type", "exception.message", "log.record.uid"]
    )
    | st.sampled_from(["service.name", "service.version", "deployment.environment", "deployment.environment.name"])
    | st.sampled_from(["log_count", "first_observed_timestamp", "last_observed_timestamp", "tracking.unknown"])
    | st.text(max_size=3)
)
SCALARS = (
    st.none()
    | TEXTS
    | st.booleans()
    | INTEGERS
    | DOUBLES
    | st.binary(max_size=9)
    | st.sampled_from(["error", "5m", "2026-01-31T12:00:00Z", "12"])
)
VALUES = st.recursive(
    SCALARS, lambda values: st.lists(values, max_size=2) | st.dictionaries(KEYS, values, max_size=2), max_leaves=4
)


@st.composite
def deep_values(draw: st.DrawFn) -> Any:
    """Nested as deeply as protobuf carries: an object takes three of the 100 levels, an array two, a record four."""
    value: Any = draw(SCALARS)
    left, kinds = 100 - 4, draw(st.integers(0, 2**48 - 1))
    while left >= 3:
        value, left = ([value], left - 2) if kinds & 1 else ({"k": value}, left - 3)
        kinds >>= 1
    return value


PLAIN_ATTRIBUTES = st.lists(st.tuples(KEYS, VALUES), max_size=4)
CONTROLS = st.tuples(
    st.sampled_from(["tracking.debounce.key", "tracking.event_id", "tracking.fingerprint", "tracking.code"]), TEXTS
) | st.sampled_from([("tracking.level", "Error"), ("tracking.debounce", False), ("tracking.debounce.max_interval", 5)])
COUNTED = st.sampled_from(
    [
        [("log_count", count), ("first_observed_timestamp", first), ("last_observed_timestamp", 10**18)]
        for count in (7, "7", 2.0)
        for first in (5, "2001-01-31T12:00:00.5+01:00", "5")
    ]
)
# Most values of a control attribute reject the record: not in every one.
ATTRIBUTES = (
    PLAIN_ATTRIBUTES
    | st.builds(lambda plain, control: [*plain, control], PLAIN_ATTRIBUTES, CONTROLS)
    | st.builds(lambda plain, counted: [*plain, *counted], PLAIN_ATTRIBUTES, COUNTED)
    | st.tuples(st.tuples(st.sampled_from(sorted(CONTROL_NAMES)), SCALARS)).map(list)
)
IDS = st.binary(max_size=17) | st.sampled_from([bytes(16), bytes(8), bytes(range(16)), bytes(range(8)), b"\xff" * 16])
TIMES = st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1, 1_790_000_000_123_456_789]) | st.integers(0, 2**64 - 1)
COUNTS = st.sampled_from([0, 1, 257, 2**32 - 1])
SEVERITIES = st.integers(0, 25) | st.sampled_from([-1, 99, 2**31 - 1, -(2**31)])


def _pairs(items: list[tuple[str, Any]]) -> Any:
    return [pair for key, value in items for pair in pairs({key: value})]


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    record = LogRecord(
        time_unix_nano=draw(TIMES),
        observed_time_unix_nano=draw(TIMES),
        severity_number=SeverityNumber.ValueType(draw(SEVERITIES)),
        severity_text=draw(TEXTS),
        attributes=_pairs(draw(ATTRIBUTES)),
        dropped_attributes_count=draw(COUNTS),
        flags=draw(COUNTS),
        trace_id=draw(IDS),
        span_id=draw(IDS),
        event_name=draw(TEXTS),
    )
    if draw(st.booleans()):
        record.body.CopyFrom(any_value(draw(VALUES | deep_values())))
    return record


@st.composite
def requests(draw: st.DrawFn) -> ExportLogsServiceRequest:
    scopes = st.builds(
        lambda name, version, attributes, dropped, schema, inner: ScopeLogs(
            scope=InstrumentationScope(
                name=name, version=version, attributes=_pairs(attributes), dropped_attributes_count=dropped
            ),
            schema_url=schema,
            log_records=inner,
        ),
        *(TEXTS, TEXTS, ATTRIBUTES, COUNTS, TEXTS, st.lists(records(), max_size=2)),
    )
    resources = st.builds(
        lambda attributes, dropped, schema, inner: ResourceLogs(
            resource=Resource(attributes=_pairs(attributes), dropped_attributes_count=dropped),
            schema_url=schema,
            scope_logs=inner,
        ),
        *(ATTRIBUTES, COUNTS, TEXTS, st.lists(scopes, min_size=1, max_size=2)),
    )
    return ExportLogsServiceRequest(resource_logs=[draw(resources)])


DEFAULTS = st.sampled_from([Defaults(), Defaults(debounce=Debounce("key", 5000), component="shop")])


@given(request=requests(), defaults=DEFAULTS, seed=st.integers(0, 2**32))
@settings(max_examples=1000)
def test_json_and_protobuf_give_the_same_events(
    request: ExportLogsServiceRequest, defaults: Defaults, seed: int
) -> None:
    from_protobuf = translate_protobuf([decode_request(request.SerializeToString())], defaults)
    body = json.dumps(render(request, seed=seed)).encode()
    from_json = translate_json(body, defaults)
    expected, found = results_of(from_protobuf), results_of(from_json)
    assert [comparable(result) for result in found] == [comparable(result) for result in expected]
    assert from_json.every_record_timed == from_protobuf.every_record_timed


def comparable(result: LogEvent | TrackingError) -> Any:
    """An error by what it says."""
    return result if isinstance(result, LogEvent) else (type(result), result.code, result.field, result.description)
