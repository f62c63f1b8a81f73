"""`tracking` in an empty folder, and a server that all these tests share."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Done, Server, Tracking, run_tracking
from tests.support.service import BOOTSTRAP_KEY, Service


@pytest.fixture
def tracking(tmp_path: Path) -> Tracking:
    """`tracking` in an empty folder."""

    def run(*words: str, **environment: str) -> Done:
        return run_tracking(*words, cwd=tmp_path, **environment)

    return run


@pytest.fixture
def client(tracking: Tracking, server: Server) -> Tracking:
    """`tracking` that knows the server and the key."""

    def run(*words: str, **environment: str) -> Done:
        known = {"TRACKING_ADDRESS": server.grpc_address, "TRACKING_API_KEY": server.key}
        return tracking(*words, **known | environment)

    return run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on free ports; its key may do everything."""
    service = Service(tmp_path_factory.mktemp("server"))
    try:
        asyncio.run(service.start())
        yield Server(
            f"127.0.0.1:{service.http_port}",
            f"127.0.0.1:{service.grpc_port}",
            f"sqlite:///{service.database}",
            BOOTSTRAP_KEY,
        )
        asyncio.run(service.stop())
    finally:
        service.put_down()
