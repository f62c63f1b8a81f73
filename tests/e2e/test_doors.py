"""`--doors` says what a process opens: the others stay closed, and what is open can be watched."""

from pathlib import Path
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import grpc_client
from tests.support.otlp_client import logs, otlp_grpc, otlp_http, response_of
from tests.support.rest_client import rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, running, serving

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


async def test_a_process_with_otlp_alone_takes_logs_on_both_ports_and_can_be_watched(tmp_path: Path) -> None:
    async with serving(tmp_path, doors="otlp") as service:
        await _require_bridge(service)
        await service.stop()


async def test_the_bridge_is_a_command_of_its_own_and_takes_the_flags_of_serve(tmp_path: Path) -> None:
    bridge = Service(tmp_path, doors="otlp")
    bridge.command = ("-m", "otel_bridge", "--log-level", "info", "--otlp-max-request-bytes", "1000")
    async with running(bridge):
        await _require_bridge(bridge)
        async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as otlp:
            assert (await otlp.post(bytes(1001))).status == 413
        await bridge.stop()


async def _require_bridge(service: Service) -> None:
    async with otlp_grpc(service.otlp_grpc_port, BOOTSTRAP_KEY) as over_grpc:
        assert await over_grpc.export(logs("hello")) == b""
    async with otlp_http(service.otlp_http_port, BOOTSTRAP_KEY) as over_http:
        response_of(await over_http.post(logs("hello").SerializeToString()))
        assert [(await over_http.ask("GET", path)).status for path in ("/livez", "/readyz", "/metrics")] == [200] * 3
        assert (await over_http.post(b"{}", path="/api/v1/tracking/log")).status == 404
    assert _listening(service.process) == {service.otlp_grpc_port, service.otlp_http_port}


def _listening(process: Any) -> set[int]:
    return {connection.laddr.port for connection in process.net_connections() if connection.status == "LISTEN"}
