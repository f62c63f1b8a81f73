"""Promise 10: hostile gRPC is harmless. During each case others go on, and after it a normal call takes no second."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
import grpc.aio
import pytest
import pytest_asyncio
from tracking.v1 import log_event_pb2, tracking_service_pb2

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import GrpcClient, grpc_client
from tests.support.memory import peak_memory
from tests.support.raw_http import connected as connected_raw
from tests.support.raw_http import request
from tests.support.raw_http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    RawHttp2,
    call_headers,
    connected,
    field,
    frame,
    message,
)
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.unfinished_messages import UnfinishedMessages

pytestmark = IN_SESSION

_MEBIBYTE = 1024 * 1024
_LOG = "/tracking.v1.TrackingService/Log"
_EVENT = tracking_service_pb2.LogRequest(event=log_event_pb2.LogEvent(message="one of many")).SerializeToString()
_STREAMS = range(1, 10_001, 2)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A service for this module."""
    async with serving(tmp_path_factory.mktemp("hostile")) as running:
        yield running
        await running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def door(service: Service) -> AsyncIterator[Service]:
    """The service, on which somebody else goes on logging, and which has to be well after each test."""
    async with grpc_client(service) as bystander:
        going_on = asyncio.create_task(_go_on(bystander))
        yield service
        going_on.cancel()
        (failure,) = await asyncio.gather(going_on, return_exceptions=True)
        assert isinstance(failure, asyncio.CancelledError), failure
    async with grpc_client(service) as client:
        await _require_well(client)


async def _go_on(client: GrpcClient) -> None:
    while True:
        # The flood is made in this process too, and takes its time.
        await _require_well(client, seconds=2)
        await asyncio.sleep(0.02)


async def _require_well(client: GrpcClient, *, seconds: float = 1) -> None:
    begin = monotonic()
    event = log_event_pb2.LogEvent(message="I am well")
    assert (await client.tracking.Log(tracking_service_pb2.LogRequest(event=event), metadata=client.metadata)).success
    assert monotonic() - begin < seconds


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 1000,
        b"\xff" * 100_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        request("POST", "/api/v1/tracking/log", {"Content-Type": "application/json"}, b"{}"),
        PREFACE + b"\xff" * 1000,
        PREFACE + frame(DATA, stream=1, payload=b"no headers"),
        PREFACE + frame(SETTINGS) + frame(SETTINGS, payload=b"odd"),
        PREFACE + frame(SETTINGS) + frame(HEADERS, flags=END_HEADERS, stream=1, payload=b"\xff" * 100),
        PREFACE + frame(SETTINGS) + frame(HEADERS, flags=END_HEADERS, stream=2, payload=call_headers(_LOG)),
        PREFACE + frame(SETTINGS) + frame(WINDOW_UPDATE, payload=bytes(4)),
        PREFACE + frame(SETTINGS) + frame(200, stream=7, payload=b"unknown kinds are passed over"),
    ],
)
async def test_garbage_on_the_port_harms_nobody(door: Service, data: bytes) -> None:
    for _ in range(20):
        async with connected_raw(door.grpc_port) as connection:
            await connection.send(data)
            connection.hang_up()


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", message(b"\xff" * 100), message(_EVENT, declared=10), message(_EVENT) * 2, b"\x07" + bytes(100)],
)
async def test_a_body_that_is_no_message_ends_its_call_alone(door: Service, body: bytes) -> None:
    async with connected(door.grpc_port) as connection:
        headers = frame(HEADERS, flags=END_HEADERS, stream=1, payload=call_headers(_LOG, BOOTSTRAP_KEY))
        await connection.send(headers + frame(DATA, flags=END_STREAM, stream=1, payload=body))
        await _ended(connection)


async def test_a_message_that_is_no_event_is_invalid_and_one_too_large_is_too_large(door: Service) -> None:
    async with grpc_client(door) as client:
        call = _raw_log(client)
        assert await _code_of(call(b"\xff" * 100, metadata=client.metadata)) is grpc.StatusCode.INVALID_ARGUMENT
        assert await _code_of(call(_large(6), metadata=client.metadata)) is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_bomb_is_refused_whatever_it_would_become(door: Service) -> None:
    async with grpc_client(door) as client, peak_memory(door.process) as peak:
        before = door.process.memory_info().rss
        bomb = await asyncio.to_thread(_large, 64)
        call = _raw_log(client)(bomb, metadata=client.metadata, compression=grpc.Compression.Gzip)
        assert await _code_of(call) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert peak.bytes - before < 100 * _MEBIBYTE


async def test_metadata_without_end_are_not_kept(door: Service) -> None:
    async with peak_memory(door.process) as peak, connected(door.grpc_port) as connection:
        before = door.process.memory_info().rss
        await connection.send(frame(HEADERS, stream=1, payload=call_headers(_LOG)))
        for _ in range(30_000):
            await connection.send(frame(CONTINUATION, stream=1, payload=field(b"a", b"b" * 10_000)))
    assert peak.bytes - before < 150 * _MEBIBYTE


async def test_a_flood_of_streams_is_held_to_its_limit(door: Service) -> None:
    async with peak_memory(door.process) as peak, connected(door.grpc_port) as connection:
        before = door.process.memory_info().rss
        for stream in _STREAMS:
            await connection.send(_open(stream))
        await asyncio.sleep(1)
    assert peak.bytes - before < 100 * _MEBIBYTE


async def test_streams_that_are_reset_at_once_cost_little(door: Service) -> None:
    reset = (8).to_bytes(4)
    async with connected(door.grpc_port) as connection:
        for stream in _STREAMS:
            await connection.send(_open(stream) + frame(RST_STREAM, stream=stream, payload=reset))
        await asyncio.sleep(1)


async def test_a_ping_flood_gets_its_goaway_while_others_go_on(door: Service) -> None:
    async with connected(door.grpc_port) as connection, asyncio.TaskGroup() as group:
        goaway = group.create_task(_goaway(connection))
        while not goaway.done():
            await connection.send(frame(PING, payload=bytes(8)))
    assert goaway.result() == ENHANCE_YOUR_CALM


@pytest.mark.parametrize("kind", [SETTINGS, WINDOW_UPDATE, DATA])
async def test_a_flood_of_empty_frames_harms_nobody(door: Service, kind: int) -> None:
    empty = {
        SETTINGS: frame(SETTINGS),
        WINDOW_UPDATE: frame(WINDOW_UPDATE, payload=(1).to_bytes(4)),
        DATA: frame(DATA, stream=1),
    }[kind]
    async with connected(door.grpc_port) as connection:
        await connection.send(_open(1))
        for _ in range(200):
            await connection.send(empty * 100)


async def test_a_client_that_never_reads_harms_nobody(door: Service) -> None:
    async with peak_memory(door.process) as peak, connected(door.grpc_port) as connection:
        before = door.process.memory_info().rss
        for stream in range(1, 4_001, 2):
            end = frame(DATA, flags=END_STREAM, stream=stream, payload=message(_EVENT))
            await connection.send(_open(stream, BOOTSTRAP_KEY) + end)
        await asyncio.sleep(1)
    assert peak.bytes - before < 100 * _MEBIBYTE


@pytest.mark.parametrize("key", ["", BOOTSTRAP_KEY])
async def test_messages_that_never_end_do_not_pile_up_in_memory(tmp_path: Path, key: str) -> None:
    async with serving(tmp_path) as fresh, connected(fresh.grpc_port, timeout_seconds=30) as connection:
        before = fresh.process.memory_info().rss
        async with peak_memory(fresh.process) as peak:
            await UnfinishedMessages(connection, _LOG, key, streams=400, size=5 * _MEBIBYTE - 100).send()
            async with grpc_client(fresh) as client:
                assert await _code_of(_raw_log(client)(b"")) is grpc.StatusCode.UNAUTHENTICATED
        assert peak.bytes - before < 150 * _MEBIBYTE


async def test_a_message_that_does_not_come_in_time_ends_its_call(tmp_path: Path) -> None:
    async with serving(tmp_path, body_seconds=0.5, max_request_bytes=1000) as hasty:
        async with connected(hasty.grpc_port) as connection:
            await connection.send(_open(1, BOOTSTRAP_KEY) + frame(DATA, stream=1, payload=message(_EVENT)[:-5]))
            await _ended(connection)
        async with grpc_client(hasty) as client:
            await _require_well(client)


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(door: Service) -> None:
    for _ in range(20):
        async with connected(door.grpc_port) as connection:
            await connection.send(_open(1, BOOTSTRAP_KEY) + frame(DATA, stream=1, payload=message(_EVENT)[:-5]))
        async with connected(door.grpc_port) as connection:
            end = frame(DATA, flags=END_STREAM, stream=1, payload=message(_EVENT))
            await connection.send(_open(1, BOOTSTRAP_KEY) + end)


def _open(stream: int, key: str = "") -> bytes:
    return frame(HEADERS, flags=END_HEADERS, stream=stream, payload=call_headers(_LOG, key))


async def _goaway(connection: RawHttp2) -> int:
    """The first reason to go away."""
    async for received in connection.frames():
        if received.kind == GOAWAY:
            return received.error_code
    pytest.fail("The connection was closed without a reason.")


async def _ended(connection: RawHttp2) -> None:
    """Wait for the end of the first call."""
    async for received in connection.frames():
        if received.stream == 1 and (received.kind == RST_STREAM or received.flags & END_STREAM):
            return
    pytest.fail("The connection was closed and the call never ended.")


def _raw_log(client: GrpcClient) -> Any:
    """`Log` of bytes, whatever they are."""
    return client.channel.unary_unary(_LOG)


def _large(mebibytes: int) -> bytes:
    event = log_event_pb2.LogEvent(message="x" * mebibytes * _MEBIBYTE)
    return tracking_service_pb2.LogRequest(event=event).SerializeToString()


async def _code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    return failure.value.code()
