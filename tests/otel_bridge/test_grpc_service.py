"""OTLP over gRPC as a service: who may call it, what else is asked of it, what cannot be inflated."""

import asyncio
import gzip
import zlib
from time import time_ns
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.otlp_client import OtlpGrpc, Refused, logs, otlp_grpc
from tests.support.raw_http2 import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    call_headers,
    connected,
    field,
    frame,
)
from tests.support.results import find

pytestmark = IN_SESSION

SERVICE = "opentelemetry.proto.collector.logs.v1.LogsService"


@pytest.mark.parametrize("key", ["", "trk_" + "x" * 43])
async def test_a_bad_key_is_refused_before_the_message_is_there(service: InProcessService, key: str) -> None:
    async with connected(service.otlp_grpc_port) as connection:
        path = f"/{SERVICE}/Export"
        await connection.send(frame(HEADERS, flags=END_HEADERS, stream=1, payload=call_headers(path, key)))
        # Nothing of a message is ever sent.
        async for each in connection.frames():
            if each.kind == HEADERS and each.stream == 1:
                assert each.flags & END_STREAM
                break


async def test_keys_that_may_not_ingest_are_refused(service: InProcessService, client: Client) -> None:
    reader = await client.with_key("read")
    browser = await client.with_key(kind="browser", origins=("https://shop.example",))
    codes = []
    for key in ("none", reader.key, browser.key):
        async with otlp_grpc(service.otlp_grpc_port, key) as otlp:
            answer = await otlp.export(b"\xff")
            assert isinstance(answer, Refused)
            codes.append((answer.code.name, answer.reason))
    assert codes == [
        ("UNAUTHENTICATED", "INVALID_API_KEY"),
        ("PERMISSION_DENIED", "INSUFFICIENT_SCOPE"),
        ("PERMISSION_DENIED", "ORIGIN_NOT_ALLOWED"),
    ]


async def test_many_calls_go_side_by_side_on_one_connection(over_grpc: OtlpGrpc, client: Client) -> None:
    answers = await asyncio.gather(*(over_grpc.export(logs(f"call {number}")) for number in range(32)))
    assert answers == [b""] * 32
    assert len(await find(client.rest)) == 32


@pytest.mark.parametrize("name", ["trace.v1.TraceService", "metrics.v1.MetricsService"])
async def test_traces_and_metrics_are_not_taken(over_grpc: OtlpGrpc, name: str) -> None:
    answer = await over_grpc.call(f"/opentelemetry.proto.collector.{name}/Export", b"")
    assert isinstance(answer, Refused)
    assert (answer.code, answer.message) == (grpc.StatusCode.UNIMPLEMENTED, "logs only")


async def test_health_and_reflection_know_this_service_and_no_other(
    service: InProcessService, over_grpc: OtlpGrpc
) -> None:
    health: Any = health_pb2_grpc.HealthStub(over_grpc.channel)
    for name in ("", SERVICE):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError):
        await health.Check(health_pb2.HealthCheckRequest(service="tracking.v1.TrackingService"))
    listed = (await _reflect(over_grpc, list_services="")).list_services_response.service
    own = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert {one.name for one in listed} == {SERVICE, *own}
    described = (
        await _reflect(over_grpc, file_containing_symbol=SERVICE)
    ).file_descriptor_response.file_descriptor_proto
    files = [descriptor_pb2.FileDescriptorProto.FromString(data) for data in described]
    assert "LogsService" in {one.name for file in files for one in file.service}


async def _reflect(over_grpc: OtlpGrpc, **asked: str) -> Any:
    channel: Any = over_grpc.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(**asked)  # type: ignore[arg-type]  # texts alone
    return await stub.ServerReflectionInfo(iter([request]), timeout=10).read()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        (b"gzip", b"no gzip"),
        (b"gzip", gzip.compress(b"cut off" * 100, mtime=0)[:-10]),
        (b"deflate", zlib.compress(b"cut off" * 100)[:-10]),
        (b"zstd", b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x99\xe9\xd8\x51"),
        (b"none of these", b"x"),
    ],
)
async def test_what_cannot_be_inflated_harms_nobody(
    over_grpc: OtlpGrpc, client: Client, service: InProcessService, encoding: bytes, data: bytes
) -> None:
    body = b"\x01" + len(data).to_bytes(4, "big") + data
    async with connected(service.otlp_grpc_port) as connection:
        block = call_headers(f"/{SERVICE}/Export", client.key, extra=field(b"grpc-encoding", encoding))
        await connection.send(frame(HEADERS, flags=END_HEADERS, stream=1, payload=block))
        await connection.send(frame(DATA, flags=END_STREAM, stream=1, payload=body))
        async for each in connection.frames():
            if each.stream == 1 and each.flags & END_STREAM:
                break
    assert await over_grpc.export(logs("after it", time=time_ns())) == b""
    assert service.core.services.budget.used == 0
