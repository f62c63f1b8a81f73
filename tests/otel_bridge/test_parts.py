"""Large requests are decoded in parts: the same records in the same order, and no more memory than they are worth."""

import random

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_bridge import bounds, parts
from otel_bridge.controls import Defaults
from otel_bridge.encodings import JSON, PROTOBUF, Encoding
from otel_bridge.translate import translate_json
from server.core.errors import InvalidRequest, TooLarge, TrackingError
from server.core.model import LogEvent
from tests.support.otlp_client import in_json, logs
from tests.support.otlp_requests import NO_DEFAULTS, results_of
from tests.support.wire import delimited

MEBIBYTE = 1024 * 1024
MANY = 4 * MEBIBYTE
EMPTY_RECORDS = b"\x12\x00" * MANY
EMPTY_ATTRIBUTES = b"\x32\x00" * MANY
UNKNOWN = delimited(15, b"unknown") + b"\x80\x01\x05"
"""Fields of a later version: number 15, and number 16 as a number."""


def large_request(seed: int) -> ExportLogsServiceRequest:
    """Resources and scopes of many sizes, empty ones too; about two megabytes."""
    chance = random.Random(seed)
    made = ExportLogsServiceRequest()
    for resource in range(4):
        logs = made.resource_logs.add(schema_url="https://schema.example" * chance.randrange(2))
        logs.resource.attributes.add(key="service.name").value.string_value = f"service-{resource}"
        for scope in range(chance.randrange(4)):
            scoped = logs.scope_logs.add()
            scoped.scope.name = f"scope-{scope}"
            for number in range(chance.choice([0, 1, 300])):
                record = scoped.log_records.add(time_unix_nano=number + 1)
                record.body.string_value = f"{resource}/{scope}/{number} " + "x" * chance.choice([0, 10, 200, 40_000])
    return made


def translated(data: bytes, max_event_bytes: int = MEBIBYTE) -> list[LogEvent | TrackingError]:
    return results_of(PROTOBUF.translate(data, Defaults(max_event_bytes=max_event_bytes)))


@pytest.mark.parametrize("seed", range(8))
def test_parts_have_the_same_records_in_the_same_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = large_request(seed).SerializeToString()
    monkeypatch.setattr(parts, "PART_BYTES", len(data))
    whole = translated(data)
    for part_bytes in (1, 1_000, 100_000):
        monkeypatch.setattr(parts, "PART_BYTES", part_bytes)
        assert translated(data) == whole


def test_fields_that_are_not_known_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    record = delimited(2, delimited(5, delimited(1, b"hello")) + UNKNOWN) + UNKNOWN
    data = delimited(1, delimited(2, record) + UNKNOWN) + UNKNOWN
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    (event,) = translated(data)
    assert isinstance(event, LogEvent)
    assert event.message == "hello"


def test_a_request_that_is_cut_off_anywhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    record = delimited(2, delimited(5, delimited(1, b"hello" * 40)))
    data = delimited(1, delimited(2, record + UNKNOWN))
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    for length in range(2, len(data)):
        with pytest.raises(InvalidRequest):
            translated(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\x00" * MANY,
        delimited(1, EMPTY_RECORDS),
        delimited(1, delimited(2, EMPTY_RECORDS)),
        EMPTY_ATTRIBUTES,
        delimited(1, EMPTY_ATTRIBUTES),
        delimited(1, delimited(2, EMPTY_ATTRIBUTES)),
        delimited(1, delimited(1, b"\x0a\x00" * MANY)),
    ],
    ids=["resources", "scopes", "records", "at the top", "in a resource", "in a scope", "attributes of a resource"],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_decoded(data: bytes) -> None:
    with pytest.raises(TooLarge):
        translated(data)


def test_a_record_that_would_fill_the_memory_is_refused_alone() -> None:
    good = delimited(2, delimited(5, delimited(1, b"hello")))
    data = delimited(1, delimited(2, good + delimited(2, EMPTY_ATTRIBUTES) + good))
    first, refused, last = translated(data)
    assert isinstance(first, LogEvent)
    assert isinstance(refused, TooLarge)
    assert refused.code == "EVENT_TOO_LARGE"
    assert isinstance(last, LogEvent)


@pytest.mark.parametrize("encoding", [PROTOBUF, JSON], ids=["protobuf", "JSON"])
@pytest.mark.parametrize("resource", [True, False], ids=["resource", "scope"])
def test_a_resource_or_scope_has_one_limit_in_every_encoding_and_size(encoding: Encoding, *, resource: bool) -> None:
    for padding in (10, 2 * MEBIBYTE):
        for size, refused in ((bounds.MAX_CONTEXT_BYTES - 100, False), (bounds.MAX_CONTEXT_BYTES + 1, True)):
            made = logs("hello", "x" * padding)
            (block,) = made.resource_logs
            context = block.resource if resource else block.scope_logs[0].scope
            context.attributes.add(key="large").value.string_value = "x" * size
            data = made.SerializeToString() if encoding is PROTOBUF else in_json(made)
            if refused:
                with pytest.raises(TooLarge):
                    results_of(encoding.translate(data, NO_DEFAULTS))
            else:
                assert len(results_of(encoding.translate(data, NO_DEFAULTS))) == 2


@pytest.mark.parametrize(
    ("block", "empty"),
    [(b"\x0a\x00", b"{}"), (b"\x0a\x02\x12\x00", b'{"scopeLogs":[{}]}')],
    ids=["resources", "scopes"],
)
def test_blocks_without_records_have_their_number_too(block: bytes, empty: bytes) -> None:
    few = bounds.MAX_BLOCKS // 2
    for number, refused in ((few, False), (bounds.MAX_BLOCKS + 1, True)):
        for encoding, data in (
            (PROTOBUF, block * number),
            (JSON, b'{"resourceLogs":[' + b",".join([empty] * number) + b"]}"),
        ):
            translation = encoding.translate(data, NO_DEFAULTS)
            if refused:
                with pytest.raises(TooLarge):
                    list(translation)
            else:
                # So that others have their turn.
                assert [len(some) for some in translation] == [0] * len(list(range(0, _steps(block, number), 500)))


def _steps(block: bytes, number: int) -> int:
    return number if len(block) == 2 else 2 * number


@pytest.mark.parametrize("value", [b"{}", b"[]", b"0.5", b'""', b'{"":0}'])
def test_json_that_would_fill_the_memory_is_refused_before_it_is_decoded(value: bytes) -> None:
    for name in (b"unknown", b"resourceLogs"):
        with pytest.raises(TooLarge):
            results_of(JSON.translate(b'{"%b":[' % name + (value + b",") * MANY + value + b"]}", NO_DEFAULTS))


def test_a_record_of_json_that_would_fill_the_memory_is_refused_alone() -> None:
    good = b'{"body":{"stringValue":"hello"}}'
    large = b'{"unknown":[' + b"1," * MANY + b"1]}"
    data = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[' + b",".join([good, b" " + large, good]) + b"]}]}]}"
    first, refused, last = results_of(translate_json(data, Defaults(max_event_bytes=500_000)))
    assert isinstance(first, LogEvent)
    assert isinstance(refused, TooLarge)
    assert isinstance(last, LogEvent)
