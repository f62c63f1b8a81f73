"""Requests in OTLP's JSON that cannot be: how they are told, and what becomes of half a character."""

from typing import Any

import msgspec
import pytest

from otel_bridge.encodings import JSON
from otel_bridge.translate import translate_json
from server.core.errors import InvalidJson, InvalidRequest
from server.core.model import LogEvent
from tests.support.otlp_requests import NO_DEFAULTS, json_request, json_results, results_of

RECORD = "resourceLogs[0].scopeLogs[0].logRecords[1]"


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
        json_results(json_request({}, fields))
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
    slices = iter(translate_json(msgspec.json.encode(json_request(*records, {"flags": -1})), NO_DEFAULTS))
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
