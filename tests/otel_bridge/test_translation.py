"""What becomes of a record, of its resource and of its scope."""

from typing import Any

import msgspec
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otel_bridge.decoding import decode_request
from otel_bridge.translate import SLICE_RECORDS, translate_protobuf
from server.core.errors import TrackingError
from server.core.model import LogEvent, RecordDetails
from tests.support.otlp_requests import NO_DEFAULTS, any_value, event_of, protobuf_results, record, request_of

INT64_MAX = 2**63 - 1


def details(event: LogEvent) -> RecordDetails:
    assert event.record is not None
    return event.record


def attributes(event: LogEvent) -> Any:
    return msgspec.json.decode(event.attributes or b"{}")


# Bodies


@pytest.mark.parametrize(
    ("body", "message", "kept"),
    [
        ("It failed.", "It failed.", b""),
        (" ", " ", b""),
        (5, "5", b"5"),
        (0, "0", b"0"),
        (-(2**63), str(-(2**63)), str(-(2**63)).encode()),
        (1.5, "1.5", b"1.5"),
        (0.0, "0.0", b"0.0"),
        (float("nan"), "NaN", b'"NaN"'),
        (float("-inf"), "-Infinity", b'"-Infinity"'),
        (False, "false", b"false"),
        (b"\xff\x00", "/wA=", b'"/wA="'),
        ([], "[]", b"[]"),
        ({}, "{}", b"{}"),
        ([1, [None, "é"]], '[1,[null,"é"]]', '[1,[null,"é"]]'.encode()),
        ({"a": {"b": b"x"}}, '{"a":{"b":"eA=="}}', b'{"a":{"b":"eA=="}}'),
    ],
    ids=str,
)
def test_a_body_of_every_kind_is_a_message_and_kept(body: Any, message: str, kept: bytes) -> None:
    event = event_of(record(body=body))
    assert (event.message, details(event).body) == (message, kept)
    assert event.size == len(message.encode()) + len(kept)
    assert event.attributes == b""


@pytest.mark.parametrize("body", ["", None])
@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("device.lost", {"exception.type": "E"}, "device.lost"),
        ("", {"exception.type": "KeyError", "exception.message": "'a'"}, "KeyError: 'a'"),
        ("", {"exception.type": "KeyError"}, "KeyError"),
        ("", {"exception.type": "", "exception.message": [1]}, "[1]"),
        ("", {"exception.stacktrace": "at"}, ""),
    ],
)
def test_without_a_body_the_name_or_the_exception_is_the_message(
    body: str | None, name: str, said: dict[str, Any], message: str
) -> None:
    event = event_of(record(said, body=body, event_name=name))
    assert (event.message, details(event).body) == (message, b"")
    assert details(event).event_name == (name or None)
    assert attributes(event) == said


def test_a_record_without_anything_is_an_event() -> None:
    event = event_of(LogRecord())
    assert (event.message, event.size, event.service, event.record) == ("", 0, "unknown_service", RecordDetails())


def test_bytes_that_are_none_leave_the_message_to_the_name() -> None:
    event = event_of(record(body=b"", event_name="device.lost"))
    assert (event.message, details(event).body) == ("device.lost", b'""')


def test_members_of_a_text_that_is_a_json_object_are_attributes_too() -> None:
    event = event_of(record({"a": 1}, body='{"a": 2, "b": 3}'))
    assert event.message == '{"a": 2, "b": 3}'
    assert attributes(event) == {"a": 1, "b": 3}
    assert event.size == len(event.message) + len('{"a":1}')
    # They say nothing of how the record is to be treated.
    assert event_of(record(body='{"tracking.level": "error"}')).level.word == "info"
    assert attributes(event_of(record(body={"b": 3}))) == {}


# Times, ids and numbers


@pytest.mark.parametrize(
    ("time", "observed", "event_time"),
    [(5, 7, 5), (0, 7, 7), (0, 0, None), (2**63, 0, INT64_MAX), (0, 2**64 - 1, INT64_MAX), (1, 0, 1)],
)
def test_the_time_is_the_records_or_the_observed_one(time: int, observed: int, event_time: int | None) -> None:
    timed = request_of(record(time_unix_nano=time, observed_time_unix_nano=observed))
    translation = translate_protobuf([decode_request(timed.SerializeToString())], NO_DEFAULTS)
    ((event,),) = translation
    assert isinstance(event, LogEvent)
    assert event.event_time == event_time
    assert translation.every_record_timed == (event_time is not None)


@pytest.mark.parametrize("rejected", [{}, {"tracking.level": "what"}])
def test_one_record_without_a_time_is_told_even_if_it_is_rejected(rejected: dict[str, Any]) -> None:
    request = request_of(record(time_unix_nano=1), record(rejected), record(time_unix_nano=1))
    translation = translate_protobuf([decode_request(request.SerializeToString())], NO_DEFAULTS)
    assert sum(len(results) for results in translation) == 3
    assert not translation.every_record_timed


@pytest.mark.parametrize(
    ("trace_id", "kept", "warnings"),
    [
        (b"", None, ()),
        (bytes(16), None, ()),
        (bytes(15), None, ()),
        (bytes([0] * 15 + [0xAB]), "0" * 30 + "ab", ()),
        (b"\xab" * 15, None, ("invalid_trace_id",)),
        (b"\xab" * 32, None, ("invalid_trace_id",)),
    ],
)
def test_an_id_of_a_wrong_length_is_dropped_and_the_record_kept(
    trace_id: bytes, kept: str | None, warnings: tuple[str, ...]
) -> None:
    event = event_of(record(trace_id=trace_id, span_id=b"\x01" * 7))
    assert (event.trace_id, event.span_id) == (kept, None)
    assert event.warnings == (*warnings, "invalid_span_id")
    assert event_of(record(span_id=b"\xcd" * 8)).span_id == "cd" * 8


def test_what_else_a_record_has_is_kept() -> None:
    event = event_of(record(flags=0xFFFFFF01, dropped_attributes_count=7, severity_text="Info", event_name="name"))
    assert details(event) == RecordDetails(flags=1, dropped_attributes_count=7, severity_text="Info", event_name="name")


# Attributes


def test_attributes_are_kept_as_they_are() -> None:
    said = {"": 1, "_id": 2, "a.b": "x", "$set": {"$a": [None, {}, ""]}, "n": None, "f": 5.0, "i": INT64_MAX, "e": ""}
    event = event_of(record({**said, "nan": float("nan"), "b": b"\xff", "no": False, "z": 0}))
    assert attributes(event) == {**said, "nan": "NaN", "b": "/w==", "no": False, "z": 0}
    assert b'"f":5.0' in event.attributes
    assert event.warnings == ()


def test_of_equal_keys_the_last_wins_and_nul_is_mended() -> None:
    request = request_of(record())
    pairs = request.resource_logs[0].scope_logs[0].log_records[0].attributes
    for key, value in (("a", "1"), ("nul\0", "x"), ("a", "2")):
        pairs.add(key=key, value=any_value(value))
    (event,) = protobuf_results(request)
    assert isinstance(event, LogEvent)
    assert attributes(event) == {"a": "2", "nul\ufffd": "x"}
    assert event.warnings == ("nul_in_key",)


def test_forty_levels_are_kept_and_the_rest_is_text() -> None:
    value: Any = 1
    for _ in range(45):
        value = [value]
    event = event_of(record({"n": value}, body=value))
    assert event.attributes == b'{"n":' + b"[" * 39 + b'"' + b"[" * 6 + b"1" + b"]" * 6 + b'"' + b"]" * 39 + b"}"
    assert details(event).body == b"[" * 40 + b'"' + b"[" * 5 + b"1" + b"]" * 5 + b'"' + b"]" * 40
    assert event.warnings == ("nesting_as_text",)


# Resource and scope


def test_resource_and_scope_are_kept_apart_as_an_entry_shows_them() -> None:
    request = request_of(record({"a": 1}), resource={"a": 2}, scope={"a": 3}, scope_name="shop.payments")
    block = request.resource_logs[0]
    block.schema_url, block.resource.dropped_attributes_count = "https://r", 4
    block.scope_logs[0].schema_url = "https://s"
    block.scope_logs[0].scope.version = "2"
    block.scope_logs[0].scope.dropped_attributes_count = 5
    (event,) = protobuf_results(request)
    assert isinstance(event, LogEvent)
    assert attributes(event) == {"a": 1}
    assert msgspec.json.decode(details(event).resource) == {
        "attributes": {"a": 2},
        "schemaUrl": "https://r",
        "droppedAttributesCount": 4,
    }
    assert msgspec.json.decode(details(event).scope) == {
        "name": "shop.payments",
        "version": "2",
        "attributes": {"a": 3},
        "schemaUrl": "https://s",
        "droppedAttributesCount": 5,
    }
    assert event.size == len("It failed.") + len('{"a":1}')


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ({}, ("unknown_service", None, None)),
        ({"service.name": ""}, ("unknown_service", None, None)),
        ({"service.name": "shop", "service.version": "1", "deployment.environment": "old"}, ("shop", "old", "1")),
        ({"deployment.environment": "old", "deployment.environment.name": "new"}, ("unknown_service", "new", None)),
        ({"service.name": 5, "service.version": 1.5}, ("5", None, "1.5")),
    ],
)
def test_service_environment_and_release_come_from_the_resource(resource: Any, fields: tuple[str | None, ...]) -> None:
    event = event_of(record({"service.name": "not here"}), resource=resource)
    assert (event.service, event.environment, event.release) == fields


def test_what_is_too_long_for_a_field_is_cut_there_alone() -> None:
    long = "é" * 201
    event = event_of(record({"tracking.code": long}), resource={"service.name": long}, scope_name=long)
    assert event.service == event.component == event.code == "é" * 200
    assert event.warnings == ("text_cut",)
    assert msgspec.json.decode(details(event).resource) == {"attributes": {"service.name": long}}
    assert event_of(record(), resource={"service.name": "é" * 200}).warnings == ()


def test_what_the_resource_cost_is_told_at_each_record() -> None:
    results = protobuf_results(request_of(record(), record({"b\0": 1}), resource={"a\0": 1}))
    assert [result.warnings for result in results if isinstance(result, LogEvent)] == [("nul_in_key",)] * 2


# Requests


def test_results_come_in_slices_in_order() -> None:
    request = request_of(*[record(body=str(i)) for i in range(SLICE_RECORDS)])
    request.MergeFrom(request_of(record({"tracking.level": "what"}), record(body="last")))
    slices = list(translate_protobuf([decode_request(request.SerializeToString())], NO_DEFAULTS))
    # Resources and scopes count too: two of each.
    assert [len(results) for results in slices] == [SLICE_RECORDS - 2, 4]
    messages = [event.message if isinstance(event, LogEvent) else event.code for event in slices[0] + slices[1]]
    assert messages == [*map(str, range(SLICE_RECORDS)), "INVALID_LEVEL", "last"]


@pytest.mark.parametrize("data", [b"", b"\x0a\x00", b"\x0a\x02\x12\x00"])
def test_a_request_without_records_is_none(data: bytes) -> None:
    translation = translate_protobuf([decode_request(data)], NO_DEFAULTS)
    assert [event for some in translation for event in some] == []
    assert translation.every_record_timed


def field(number: int, data: bytes) -> bytes:
    """A message in a message, as protobuf writes it; the library itself builds none that are too deep."""
    length, size = b"", len(data)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


def nested(levels: int) -> bytes:
    """A request whose body is an array in an array, so many of them."""
    value = any_value(1).SerializeToString()
    for _ in range(levels):
        value = field(5, field(1, value))
    return field(1, field(2, field(2, field(5, value))))


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05\x01", b'{"resourceLogs":[]}', nested(60)])
def test_what_is_no_request_or_too_deep_is_an_error(data: bytes) -> None:
    with pytest.raises(TrackingError) as caught:
        decode_request(data)
    assert caught.value.code == "INVALID_BODY"


def test_as_many_arrays_as_protobuf_carries_are_fine() -> None:
    (event,) = protobuf_results(nested(47))
    assert isinstance(event, LogEvent)
    assert event.message.startswith("[" * 40)
