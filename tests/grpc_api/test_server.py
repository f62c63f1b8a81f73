"""What every gRPC server should have: health, reflection, patience with pings."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from server.transport import grpc as transport
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import InProcessService, in_process

pytestmark = IN_SESSION

SERVICES = ["tracking.v1.TrackingService", "tracking.v1.QueryService"]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(service: InProcessService, name: str) -> Any:
    """What health says of a service; "" is the server."""
    stub: Any = health_pb2_grpc.HealthStub(service.channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)).status


@pytest.mark.parametrize("name", ["", *SERVICES])
async def test_health_answers_for_the_server_and_each_service_without_a_key(
    service: InProcessService, name: str
) -> None:
    assert await health(service, name) == SERVING


async def test_health_knows_no_other_service(service: InProcessService) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await health(service, "opentelemetry.proto.collector.logs.v1.LogsService")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_goes_down_with_the_service(tmp_path: Path) -> None:
    async with in_process(tmp_path) as running:
        await running.doors.set_serving(serving=False)
        for name in ("", *SERVICES):
            assert await health(running, name) == NOT_SERVING


async def _reflect(service: InProcessService, request: reflection_pb2.ServerReflectionRequest) -> Any:
    channel: Any = service.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    stream = stub.ServerReflectionInfo(iter([request]), timeout=10)
    return await stream.read()


async def test_reflection_lists_the_services_of_this_port(service: InProcessService) -> None:
    answer = await _reflect(service, reflection_pb2.ServerReflectionRequest(list_services=""))
    names = {one.name for one in answer.list_services_response.service}
    assert names == {*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


@pytest.mark.parametrize("name", SERVICES)
async def test_reflection_tells_the_contract(service: InProcessService, name: str) -> None:
    answer = await _reflect(service, reflection_pb2.ServerReflectionRequest(file_containing_symbol=name))
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(data)
        for data in answer.file_descriptor_response.file_descriptor_proto
    ]
    declared = {f"{file.package}.{service.name}" for file in files for service in file.service}
    assert name in declared


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY, ACKNOWLEDGE = 4, 6, 7, 1


class Http2:
    """An HTTP/2 connection that only pings."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, kind: int, payload: bytes = b"", *, flags: int = 0) -> None:
        """Send a frame of the connection itself."""
        self._writer.write(len(payload).to_bytes(3, "big") + bytes([kind, flags]) + bytes(4) + payload)

    async def ping(self, number: int) -> bytes | None:
        """Ping, and wait: None when the ping was answered, or why the server says goodbye."""
        content = struct.pack(">Q", number)
        self.send(PING, content)
        while True:
            kind, flags, payload = await self._receive()
            if kind == GOAWAY:
                return payload[8:]
            if kind == SETTINGS and not flags:
                self.send(SETTINGS, flags=ACKNOWLEDGE)
            elif kind == PING and not flags:
                self.send(PING, payload, flags=ACKNOWLEDGE)
            elif kind == PING and payload == content:
                return None

    async def _receive(self) -> tuple[int, int, bytes]:
        async with asyncio.timeout(10):
            head = await self._reader.readexactly(9)
            payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
        return head[3], head[4], payload


@asynccontextmanager
async def http2(port: int) -> AsyncIterator[Http2]:
    """A connection without a call on it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = Http2(reader, writer)
    writer.write(PREFACE)
    connection.send(SETTINGS)
    try:
        yield connection
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("door", ["grpc_port", "otlp_grpc_port"])
async def test_pings_twice_as_far_apart_as_the_least_are_answered_and_a_flood_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    # Clients ping every ten seconds; here a second is ten milliseconds.
    assert transport._MIN_PING_INTERVAL_MILLISECONDS == 10_000 / 2
    monkeypatch.setattr(transport, "_MIN_PING_INTERVAL_MILLISECONDS", 50)
    async with in_process(tmp_path) as running, http2(getattr(running, door)) as connection:
        for number in range(6):
            assert await connection.ping(number) is None
            await asyncio.sleep(0.1)
        farewell = None
        while farewell is None:
            farewell = await connection.ping(0)
        assert farewell == b"too_many_pings"
