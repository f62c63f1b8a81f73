"""Requests in OTLP's JSON: what is accepted, and how a value that cannot be is told."""

from typing import Any

import msgspec
import pytest

from otel_bridge.encodings import JSON
from otel_bridge.translate import translate_json
from server.core.errors import InvalidJson, InvalidRequest
from server.core.model import LogEvent
from tests.support.otlp_requests import NO_DEFAULTS, json_results, results_of

RECORD = "resourceLogs[0].scopeLogs[0].logRecords[1]"


def request_of(*records: Any) -> dict[str, Any]:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


def event_of(**record: Any) -> LogEvent:
    (event,) = json_results(request_of(record))
    assert isinstance(event, LogEvent)
    return event


def value_of(value: Any) -> Any:
    return msgspec.json.decode(event_of(attributes=[{"key": "k", "value": value}]).attributes)["k"]


# What is accepted


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
    event = event_of(**record)
    assert (event.message, event.event_time, event.level.word) == ("Example log record", 1544712660300000000, "info")
    assert (event.trace_id, event.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert list(msgspec.json.decode(event.attributes).values()) == [
        *("some string", True, 10, 637.704),
        *(["many", "values"], {"k": "v"}),
    ]


@pytest.mark.parametrize("request_", [{}, {"resourceLogs": None}, {"resourceLogs": []}, {"unknown": [1]}, request_of()])
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
    event = event_of(traceId=text)
    assert (event.trace_id, event.warnings) == (kept, ("invalid_trace_id",) if warned else ())


@pytest.mark.parametrize(
    ("number", "kept"),
    [(17, 17), ("17", 17), (17.0, 17), ("SEVERITY_NUMBER_ERROR", 17), (99, 99), (-5, -5), (2**31, 0), (-(2**40), 0)],
)
def test_a_severity_is_a_number_or_a_name(number: Any, kept: int) -> None:
    event = event_of(severityNumber=number)
    assert event.record is not None
    assert event.record.severity_number == kept


# What cannot be


@pytest.mark.parametrize("request_", [[], "text", 5, None, True])
def test_a_request_is_an_object(request_: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        json_results(request_)
    assert caught.value.code == "INVALID_BODY"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"timeUnixNano": "2026-01-31T12:00:00Z"}, "timeUnixNano"),
        ({"timeUnixNano": -1}, "timeUnixNano"),
        ({"timeUnixNano": 2**64}, "timeUnixNano"),
        ({"timeUnixNano": ""}, "timeUnixNano"),
        ({"timeUnixNano": 1.5}, "timeUnixNano"),
        ({"timeUnixNano": True}, "timeUnixNano"),
        ({"timeUnixNano": "9" * 5000}, "timeUnixNano"),
        ({"observed_time_unix_nano": []}, "observedTimeUnixNano"),
        ({"flags": 2**32}, "flags"),
        ({"droppedAttributesCount": "-1"}, "droppedAttributesCount"),
        ({"severityNumber": "SEVERE"}, "severityNumber"),
        ({"severityNumber": 1.5}, "severityNumber"),
        ({"severityText": 5}, "severityText"),
        ({"traceId": 5}, "traceId"),
        ({"eventName": {}}, "eventName"),
        ({"body": "text"}, "body"),
        ({"body": []}, "body"),
        ({"body": {"stringValue": 5}}, "body.stringValue"),
        ({"body": {"arrayValue": [1]}}, "body.arrayValue"),
        ({"body": {"arrayValue": {"values": {}}}}, "body.arrayValue.values"),
        ({"body": {"arrayValue": {"values": [{}, {"intValue": "x"}]}}}, "body.arrayValue.values[1].intValue"),
        ({"body": {"kvlistValue": {"values": [{"value": 5}]}}}, "body.kvlistValue.values[0].value"),
        ({"attributes": {"a": 1}}, "attributes"),
        ({"attributes": [5]}, "attributes[0]"),
        ({"attributes": [{"key": 5}]}, "attributes[0].key"),
        ({"attributes": [{}, {"value": "text"}]}, "attributes[1].value"),
        ({"attributes": [{"value": {"boolValue": "true"}}]}, "attributes[0].value.boolValue"),
        ({"attributes": [{"value": {"intValue": 2**63}}]}, "attributes[0].value.intValue"),
        ({"attributes": [{"value": {"intValue": True}}]}, "attributes[0].value.intValue"),
        ({"attributes": [{"value": {"doubleValue": "nan"}}]}, "attributes[0].value.doubleValue"),
        ({"attributes": [{"value": {"doubleValue": "1e999"}}]}, "attributes[0].value.doubleValue"),
        ({"attributes": [{"value": {"doubleValue": True}}]}, "attributes[0].value.doubleValue"),
        ({"attributes": [{"value": {"bytesValue": "a"}}]}, "attributes[0].value.bytesValue"),
        ({"attributes": [{"value": {"bytesValue": "a b="}}]}, "attributes[0].value.bytesValue"),
        ({"attributes": [{"value": {"bytesValue": 5}}]}, "attributes[0].value.bytesValue"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_told_with_its_path(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        json_results(request_of({}, fields))
    assert caught.value.field == f"{RECORD}.{place}"
    assert caught.value.description.startswith(f"{RECORD}.{place} ")


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        ({"resourceLogs": {}}, "resourceLogs"),
        ({"resourceLogs": [{}, []]}, "resourceLogs[1]"),
        ({"resourceLogs": [{"schemaUrl": 5}]}, "resourceLogs[0].schemaUrl"),
        ({"resourceLogs": [{"resource": "text"}]}, "resourceLogs[0].resource"),
        ({"resourceLogs": [{"resource": {"attributes": [5]}}]}, "resourceLogs[0].resource.attributes[0]"),
        ({"resourceLogs": [{"scopeLogs": {}}]}, "resourceLogs[0].scopeLogs"),
        ({"resourceLogs": [{"scopeLogs": [{"scope": {"name": 5}}]}]}, "resourceLogs[0].scopeLogs[0].scope.name"),
        ({"resourceLogs": [{"scopeLogs": [{"logRecords": {}}]}]}, "resourceLogs[0].scopeLogs[0].logRecords"),
        ({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, 5]}]}]}, RECORD),
    ],
)
def test_so_is_a_container_of_another_kind(request_: Any, place: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        json_results(request_)
    assert caught.value.field == place


def nested(levels: int, kind: str) -> bytes:
    opening, closing = {
        "array": (b'{"arrayValue":{"values":[', b"]}}"),
        "object": (b'{"kvlistValue":{"values":[{"key":"k","value":', b"}]}}"),
    }[kind]
    value = opening * levels + b'{"intValue":1}' + closing * levels
    return b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + value + b"}]}]}]}"


@pytest.mark.parametrize("kind", ["array", "object"])
def test_deep_nesting_is_kept_and_absurd_nesting_refused(kind: str) -> None:
    for levels in (40, 127):
        (event,) = results_of(translate_json(nested(levels, kind), NO_DEFAULTS))
        assert isinstance(event, LogEvent)
        assert event.warnings == (() if levels == 40 else ("nesting_as_text",))
    for levels in (128, 200, 10_000):
        with pytest.raises(InvalidRequest) as caught:
            results_of(translate_json(nested(levels, kind), NO_DEFAULTS))
        assert "deep" in caught.value.description
        # It fits into any answer.
        assert len(caught.value.description) < 500


def record_of(record: bytes) -> bytes:
    """A request with this record."""
    return b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[' + record + b"]}]}]}"


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":[1,]}', record_of(b'{"a":1e400}')])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        results_of(JSON.translate(body, NO_DEFAULTS))


def test_an_error_is_raised_at_the_slice_it_is_in() -> None:
    records: list[dict[str, int]] = [{}] * 700
    slices = iter(translate_json(msgspec.json.encode(request_of(*records, {"flags": -1})), NO_DEFAULTS))
    assert 490 < len(next(slices)) < 500
    with pytest.raises(InvalidRequest, match=r"logRecords\[700\]\.flags must be"):
        next(slices)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"cut \\ud83d", "cut \ufffd"),
        (b"\\ude00\\ud83d", "\ufffd\ufffd"),
        (b"whole \\ud83d\\ude00, half \\uD83D.", "whole \U0001f600, half \ufffd."),
        (b"no half: \\\\ud83d", "no half: \\ud83d"),
    ],
)
def test_half_of_a_surrogate_pair_costs_one_character_of_its_record(sent: bytes, kept: str) -> None:
    records = [b'{"body":{"stringValue":"%b"}}' % text for text in (b"before", sent, b"after")]
    before, cut, after = results_of(JSON.translate(record_of(b",".join(records)), NO_DEFAULTS))
    assert isinstance(before, LogEvent)
    assert isinstance(cut, LogEvent)
    assert isinstance(after, LogEvent)
    assert (before.message, cut.message, after.message) == ("before", kept, "after")
    assert (before.warnings, after.warnings) == ((), ())
    assert cut.warnings == (("invalid_utf8",) if "\ufffd" in kept else ())
