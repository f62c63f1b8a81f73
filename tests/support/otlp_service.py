"""A service that OTLP's clients find again after its restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.ports import steady_port
from tests.support.service import Service, serving


@asynccontextmanager
async def otlp_service(folder: Path, **settings: Any) -> AsyncIterator[Service]:
    """A service whose OTLP ports are chosen before it starts."""
    ports = {"otlp_grpc_port": steady_port(), "otlp_http_port": steady_port()}
    async with serving(folder, **ports, **settings) as service:
        yield service


def otlp_address(service: Service, *, grpc: bool) -> str:
    """Where its door for a transport listens."""
    return f"127.0.0.1:{service.settings['otlp_grpc_port' if grpc else 'otlp_http_port']}"
