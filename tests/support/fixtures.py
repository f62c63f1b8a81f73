"""Fixtures of the suites that meet a running service; a conftest that wants them imports them.

One event loop for the whole session: grpc.aio wants no second one. Tests that use them are marked with `IN_SESSION`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
import uvloop

from tests.support.clocks import Clock
from tests.support.in_process import Client, InProcessService, in_process

IN_SESSION = pytest.mark.asyncio(loop_scope="session")


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop the service runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcessService]:
    """A service of this module, with the settings that users get."""
    async with in_process(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def client(service: InProcessService) -> Client:
    """A new organisation, and the doors with a key of it that may do everything."""
    return await service.new_client()


@pytest.fixture
def clock(service: InProcessService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock that rates are measured by: it stands still by itself."""
    clock = Clock()
    limiter = service.core.services.admission._limiter
    monkeypatch.setattr(limiter, "_clock", clock)
    yield clock
    limiter._buckets.clear()
