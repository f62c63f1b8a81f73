"""`--doors` says what a process opens: the others stay closed, and what is open can be watched."""

from pathlib import Path
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import grpc_client
from tests.support.rest_client import rest_client
from tests.support.service import serving

pytestmark = IN_SESSION


async def test_a_process_with_grpc_alone_offers_health_and_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path, doors="grpc") as service, grpc_client(service) as client:
        # The stub of an aio channel is typed for a blocking one.
        health: Any = health_pb2_grpc.HealthStub(client.channel)
        for name in ("", "tracking.v1.TrackingService", "tracking.v1.QueryService"):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert _listening(service.process) == {service.grpc_port}
        await service.stop()


async def test_a_process_with_http_alone_is_ready_and_opens_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path, doors="http") as service, rest_client(service) as client:
        assert (await client.ask("GET", "/readyz")).status == 200
        assert (await client.post("/log", {"message": "hello"})).status == 200
        assert _listening(service.process) == {service.http_port}
        await service.stop()


def _listening(process: Any) -> set[int]:
    return {connection.laddr.port for connection in process.net_connections() if connection.status == "LISTEN"}
