"""Doors on real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import uvloop

from server.transport.http.deadlines import Deadlines
from tests.support.small_door import SmallDoor, serving

SHORT = Deadlines(
    head_seconds=0.4,
    body_seconds=0.4,
    body_seconds_per_mebibyte=0.1,
    idle_seconds=0.8,
    write_seconds=0.4,
    linger_seconds=0.4,
)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop the service runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def door() -> AsyncIterator[SmallDoor]:
    """A door with the deadlines that users get."""
    small_door = SmallDoor()
    async with serving(small_door):
        yield small_door


@pytest.fixture
async def hasty_door() -> AsyncIterator[SmallDoor]:
    """A door with deadlines below a second."""
    small_door = SmallDoor()
    async with serving(small_door, deadlines=SHORT):
        yield small_door


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a client does wrong is no news: a hostile one could fill the log."""
    yield
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [record for record in records if record.levelno >= logging.WARNING] == []
