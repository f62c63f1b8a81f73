"""OTLP over gRPC: what an exporter sends is stored, and what it reads is what the specification says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService, in_process
from tests.support.otlp_client import BAD_LEVEL, OtlpGrpc, Refused, logs, otlp_grpc
from tests.support.raw_http2 import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    Frame,
    call_headers,
    connected,
    frame,
)
from tests.support.results import find

pytestmark = IN_SESSION

SERVICE = "opentelemetry.proto.collector.logs.v1.LogsService"


def _partial(answer: bytes | Refused) -> tuple[int, str]:
    assert isinstance(answer, bytes), answer
    response = ExportLogsServiceResponse.FromString(answer)
    assert response.HasField("partial_success")
    return response.partial_success.rejected_log_records, response.partial_success.error_message


async def test_success_is_the_empty_response_and_the_records_are_there(over_grpc: OtlpGrpc, client: Client) -> None:
    assert await over_grpc.export(logs("one", "two", "three")) == b""
    entries = await find(client.rest)
    assert sorted(entry["message"] for entry in entries) == ["one", "three", "two"]
    assert {entry["door"] for entry in entries} == {"otlp_grpc"}


def _empty_resource() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    request.resource_logs.add()
    return request


def _empty_scope() -> ExportLogsServiceRequest:
    request = _empty_resource()
    request.resource_logs[0].scope_logs.add()
    return request


@pytest.mark.parametrize("request_", [ExportLogsServiceRequest(), _empty_resource(), _empty_scope()])
async def test_an_empty_request_is_fine(
    over_grpc: OtlpGrpc, client: Client, request_: ExportLogsServiceRequest
) -> None:
    assert await over_grpc.export(request_) == b""
    assert await find(client.rest) == []


async def test_an_empty_request_costs_one_unit(service: InProcessService, client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=1)
    async with otlp_grpc(service.otlp_grpc_port, limited.key) as otlp:
        assert await otlp.export(b"") == b""
        assert isinstance(await otlp.export(b""), Refused)


async def test_unacceptable_records_are_counted_and_the_others_stored(over_grpc: OtlpGrpc, client: Client) -> None:
    request = logs("good")
    request.MergeFrom(logs("bad", "bad", attributes=BAD_LEVEL))
    request.MergeFrom(logs("good"))
    rejected, message = _partial(await over_grpc.export(request))
    assert rejected == 2
    assert message.startswith("record 2 of 4: INVALID_LEVEL: ")
    assert [entry["message"] for entry in await find(client.rest)] == ["good", "good"]


async def test_a_request_of_unacceptable_records_alone_is_no_failure(over_grpc: OtlpGrpc) -> None:
    rejected, message = _partial(
        await over_grpc.export(logs("a" * 5000, "b", attributes={"tracking.level": "x" * 9000}))
    )
    assert rejected == 2
    assert len(message.encode()) < 4096


async def test_a_record_that_is_too_large_is_rejected_alone(over_grpc: OtlpGrpc, client: Client) -> None:
    rejected, message = _partial(await over_grpc.export(logs("x" * 1_100_000, "small")))
    assert rejected == 1
    assert "EVENT_TOO_LARGE" in message
    assert [entry["message"] for entry in await find(client.rest)] == ["small"]


async def test_every_record_has_one_outcome(tmp_path: Path) -> None:
    async with in_process(tmp_path) as service:
        client = await service.new_client()
        async with otlp_grpc(service.otlp_grpc_port, client.key) as otlp:
            request = logs("good", "good")
            request.MergeFrom(logs("bad", attributes=BAD_LEVEL))
            await otlp.export(request)
            await otlp.export(b"\xff")
        assert await service.event_counts() == {
            ("otlp_grpc", "info", "stored", ""): 2,
            ("otlp_grpc", "", "rejected", "invalid_level"): 1,
            ("otlp_grpc", "", "rejected", "invalid_body"): 1,
        }
        text = (await service.http.get("/metrics")).text
        assert 'tracking_request_seconds_count{code="OK",door="otlp_grpc",method="Export"} 1.0' in text
        assert 'code="INVALID_ARGUMENT",door="otlp_grpc",method="Export"} 1.0' in text


@pytest.mark.parametrize("data", [b"\xff" * 100, b"\x0a\x7f", b"\x00", b"\x0a\x02\x12\x05"])
async def test_what_cannot_be_decoded_is_invalid(over_grpc: OtlpGrpc, data: bytes) -> None:
    answer = await over_grpc.export(data)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.reason, list(answer.delays)) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_BODY", [])


@pytest.mark.parametrize("nested", [40, 200])
async def test_what_is_nested_too_deeply_is_invalid(over_grpc: OtlpGrpc, nested: int) -> None:
    request = logs("deep")
    value = request.resource_logs[0].scope_logs[0].log_records[0].attributes.add(key="a").value
    for _ in range(nested):
        value = value.kvlist_value.values.add(key="a").value
    answer = await over_grpc.export(request)
    assert isinstance(answer, Refused)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_quota_says_when_to_send_again(service: InProcessService, client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=2)
    async with otlp_grpc(service.otlp_grpc_port, limited.key) as otlp:
        assert await otlp.export(logs("one", "two")) == b""
        answer = await otlp.export(logs("three"))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
        assert len(answer.delays) == 2
        assert all(0 < delay <= 5 for delay in answer.delays)
        clock.seconds += 100
        answer = await otlp.export(logs("one", "two", "three"))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.reason, list(answer.delays)) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "TOO_MANY_EVENTS",
            [],
        )


@pytest.mark.parametrize("coding", [grpc.Compression.NoCompression, grpc.Compression.Gzip, grpc.Compression.Deflate])
async def test_compressed_requests_are_read(over_grpc: OtlpGrpc, client: Client, coding: grpc.Compression) -> None:
    assert await over_grpc.export(logs("x" * 100_000), compression=coding) == b""
    assert len(await find(client.rest)) == 1


async def test_a_request_up_to_the_limit_is_taken_and_one_beyond_it_is_too_large(tmp_path: Path) -> None:
    limit = 2 * 1024 * 1024
    async with in_process(tmp_path, otlp_max_request_bytes=limit) as service:
        client = await service.new_client()
        fits = logs(*["x" * 100_000] * 20)
        assert limit * 0.9 < fits.ByteSize() <= limit
        fits.MergeFrom(logs("x" * (limit - fits.ByteSize() - 40)))
        assert limit - 100 < fits.ByteSize() <= limit
        async with otlp_grpc(service.otlp_grpc_port, client.key) as otlp:
            assert await otlp.export(fits) == b""
            for coding in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
                answer = await otlp.export(logs(*["x" * 100_000] * 22), compression=coding)
                assert isinstance(answer, Refused)
                assert (answer.code, list(answer.delays)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, [])
        assert service.core.services.budget.used == 0


async def test_a_browser_key_sends_no_more_at_once_than_over_rest(service: InProcessService, client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=("*",))
    large = logs(*["x" * 900_000] * 7)
    async with otlp_grpc(service.otlp_grpc_port, browser.key) as otlp:
        answer = await otlp.export(large)
        assert isinstance(answer, Refused)
        assert (answer.code, answer.reason, list(answer.delays)) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "REQUEST_TOO_LARGE",
            [],
        )
        assert await otlp.export(logs("small")) == b""
    async with otlp_grpc(service.otlp_grpc_port, client.key) as otlp:
        assert await otlp.export(large) == b""
    assert service.core.services.budget.used == 0


async def test_what_does_not_arrive_in_time_may_be_sent_again_and_waiting_for_a_turn_is_not_counted(
    tmp_path: Path,
) -> None:
    async with in_process(tmp_path, body_seconds=0.5, otlp_max_request_bytes=1024) as running:
        key = (await running.new_client()).key
        async with (
            connected(running.otlp_grpc_port) as stalled,
            otlp_grpc(running.otlp_grpc_port, key) as otlp,
        ):
            for stream in (1, 3):
                block = call_headers(f"/{SERVICE}/Export", key)
                await stalled.send(frame(HEADERS, flags=END_HEADERS, stream=stream, payload=block))
            frames = stalled.frames()
            # Its settings are its first word, so it has the calls: both turns are taken.
            await anext(frames)
            answers = asyncio.gather(*(otlp.export(logs(f"call {number}")) for number in range(4)))
            trailers = [each.payload async for each in _ends(frames, 2)]
            assert await answers == [b""] * 4
        # 14 is UNAVAILABLE, behind the length of the number; the second refers to what the first has spelt out.
        assert b"\x0214" in trailers[0]
        assert b"google.rpc.retryinfo-bin" in trailers[0]
        assert (await running.event_counts())["otlp_grpc", "", "shed", "overloaded"] == 2


async def _ends(frames: AsyncIterator[Frame], calls: int) -> AsyncIterator[Frame]:
    """The trailers of so many calls."""
    async for each in frames:
        if each.kind == HEADERS and each.flags & END_STREAM:
            yield each
            calls -= 1
            if not calls:
                return


async def test_a_bug_of_ours_is_no_reason_to_drop_a_batch(
    service: InProcessService, over_grpc: OtlpGrpc, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(service.core.services.admission), "charge_rest", broken)
        answer = await over_grpc.export(logs("one"))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "INTERNAL")
    assert list(answer.delays) == [5, 5]
    assert "ZeroDivisionError" in caplog.text
    assert await over_grpc.export(logs("one")) == b""
