"""Large requests are decoded in parts: the same records in the same order, and no more memory than they are worth."""

import random
from collections.abc import Callable

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_bridge import parts
from otel_bridge.encodings import JSON, PROTOBUF
from server.core.errors import InvalidRequest, TooLarge, TrackingError
from server.core.model import LogEvent
from tests.support.otlp_requests import NO_DEFAULTS, results_of
from tests.support.wire import delimited

MANY = 4 * 1024 * 1024
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


def translated(data: bytes) -> list[LogEvent | TrackingError]:
    return results_of(PROTOBUF.translate(data, NO_DEFAULTS))


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


@pytest.mark.parametrize("make", [lambda: b"[" + b"{}," * MANY + b"{}]", lambda: b'{"a":[' + b"[]," * MANY + b"1]}"])
def test_json_that_would_fill_the_memory_is_refused_before_it_is_decoded(make: Callable[[], bytes]) -> None:
    with pytest.raises(TooLarge):
        results_of(JSON.translate(make(), NO_DEFAULTS))
