"""What the receiver's tests share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.fixtures import client, clock, pytest_asyncio_loop_factories, service
from tests.support.in_process import Client, InProcessService
from tests.support.otlp_client import OtlpGrpc, otlp_grpc

__all__ = ["client", "clock", "pytest_asyncio_loop_factories", "service"]


@pytest_asyncio.fixture(loop_scope="session")
async def over_grpc(service: InProcessService, client: Client) -> AsyncIterator[OtlpGrpc]:
    """OTLP with the key of a new organisation."""
    async with otlp_grpc(service.otlp_grpc_port, client.key) as connected_client:
        yield connected_client


@pytest.fixture(params=["own port", "main port"])
def port(service: InProcessService, request: pytest.FixtureRequest) -> int:
    """A port that takes OTLP over HTTP."""
    return {"own port": service.otlp_http_port, "main port": service.http_port}[request.param]
