"""Requests in OTLP's JSON: what is accepted."""

from typing import Any

import msgspec
import pytest

from otel_bridge.translate import translate_json
from server.core.model import LogEvent
from tests.support.otlp_requests import NO_DEFAULTS, json_event, json_request, json_results, results_of


def value_of(value: Any) -> Any:
    return msgspec.json.decode(json_event(attributes=[{"key": "k", "value": value}]).attributes)["k"]


def test_a_request_as_the_specification_shows_it() -> None:
    record = {
        "timeUnixNano": "1544712660300000000",
        "observedTimeUnixNano": "1544712660300000001",
        "severityNumber": 10,
        "severityText": "Information",
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": "EEE19B7EC3C1B174",
        "body": {"stringValue": "Example log record"},
        "attributes": [
            {"key": "string.attribute", "value": {"stringValue": "some string"}},
            {"key": "boolean.attribute", "value": {"boolValue": True}},
            {"key": "int.attribute", "value": {"intValue": "10"}},
            {"key": "double.attribute", "value": {"doubleValue": 637.704}},
            {"key": "array", "value": {"arrayValue": {"values": [{"stringValue": "many"}, {"stringValue": "values"}]}}},
            {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
        ],
    }
    event = json_event(**record)
    assert (event.message, event.event_time, event.level.word) == ("Example log record", 1544712660300000000, "info")
    assert (event.trace_id, event.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert list(msgspec.json.decode(event.attributes).values()) == [
        *("some string", True, 10, 637.704),
        *(["many", "values"], {"k": "v"}),
    ]


@pytest.mark.parametrize(
    "request_", [{}, {"resourceLogs": None}, {"resourceLogs": []}, {"unknown": [1]}, json_request()]
)
def test_a_request_without_records_is_none(request_: Any) -> None:
    assert json_results(request_) == []


def test_null_is_absent_and_unknown_fields_are_ignored_at_every_level() -> None:
    unknown = {"unknown": {"deep": [1]}}
    record = {"timeUnixNano": None, "body": None, "attributes": None, "traceId": None, "flags": None, **unknown}
    pair = {"key": "k", "value": {"stringValue": None, "intValue": 5, **unknown}, **unknown}
    scope = {"scope": None, "logRecords": [None, record, {"attributes": [None, pair]}], **unknown}
    block = {"resource": {"attributes": None, **unknown}, "schemaUrl": None, "scopeLogs": [scope, None], **unknown}
    events = json_results({"resourceLogs": [None, block], **unknown})
    assert [event.attributes for event in events if isinstance(event, LogEvent)] == [b"", b'{"k":5}']


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"intValue": "9223372036854775807"}, 2**63 - 1),
        ({"intValue": 9223372036854775807}, 2**63 - 1),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": 5.0}, 5),
        ({"intValue": 0}, 0),
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": "-Infinity"}, "-Infinity"),
        ({"doubleValue": "1.5e3"}, 1500.0),
        ({"doubleValue": 5}, 5.0),
        ({"bytesValue": "-_8"}, "+/8="),
        ({"bytesValue": "+/8="}, "+/8="),
        ({"bytesValue": ""}, ""),
        ({"boolValue": False}, False),
        ({"stringValue": ""}, ""),
        ({"string_value": "snake"}, "snake"),
        ({"array_value": {"values": [{"int_value": 1}, {}, None]}}, [1, None, None]),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": None}}, {}),
        ({"kvlist_value": {"values": [{"key": "a"}, {"value": {"intValue": 1}}]}}, {"a": None, "": 1}),
        ({"intValue": 1, "stringValue": "last"}, "last"),
        ({"unknownValue": 1}, None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_a_value_of_every_kind(value: Any, kept: Any) -> None:
    assert value_of(value) == kept
    assert type(value_of(value)) is type(kept)


def test_snake_case_is_read_like_camel_case() -> None:
    record = {
        "time_unix_nano": 5,
        "severity_number": 17,
        "severity_text": "E",
        "trace_id": "ab" * 16,
        "event_name": "n",
    }
    block = {"scope_logs": [{"log_records": [record], "schema_url": "s"}], "schema_url": "r"}
    (event,) = json_results({"resource_logs": [block]})
    assert isinstance(event, LogEvent)
    assert event.record is not None
    assert (event.event_time, event.level.word, event.trace_id, event.message) == (5, "error", "ab" * 16, "n")
    assert (event.record.resource, event.record.scope) == (b'{"schemaUrl":"r"}', b'{"schemaUrl":"s"}')


def test_of_equal_keys_the_last_wins() -> None:
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"a","severityText":"b"}]}]}]}'
    (event,) = results_of(translate_json(body, NO_DEFAULTS))
    assert isinstance(event, LogEvent)
    assert event.record is not None
    assert event.record.severity_text == "b"


@pytest.mark.parametrize(
    ("text", "kept", "warned"),
    [
        ("AB" * 16, "ab" * 16, False),
        ("", None, False),
        ("0" * 32, None, False),
        ("ab" * 15, None, True),
        ("ab" * 15 + "a", None, True),
        ("xy" * 16, None, True),
        ("ab " * 10 + "ab", None, True),
        ("ab " * 15 + "ab", None, True),
        ("٠" * 32, None, True),
        ("W47/95gDgQPSabYzgT/GDA==", None, True),
    ],
)
def test_ids_are_hex_in_any_case(text: str, kept: str | None, warned: bool) -> None:
    event = json_event(traceId=text)
    assert (event.trace_id, event.warnings) == (kept, ("invalid_trace_id",) if warned else ())


@pytest.mark.parametrize(
    ("number", "kept"),
    [(17, 17), ("17", 17), (17.0, 17), ("SEVERITY_NUMBER_ERROR", 17), (99, 99), (-5, -5), (2**31, 0), (-(2**40), 0)],
)
def test_a_severity_is_a_number_or_a_name(number: Any, kept: int) -> None:
    event = json_event(severityNumber=number)
    assert event.record is not None
    assert event.record.severity_number == kept
