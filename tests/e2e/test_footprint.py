"""What the service weighs when it has nothing to do, and how long it takes to be ready."""

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import rest_client
from tests.support.service import Service

pytestmark = IN_SESSION

_MEGABYTE = 1_000_000
_MOST_MEGABYTES = 110


async def test_an_idle_service_keeps_less_than_110_mb(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    async with rest_client(service) as client:
        assert (await client.post("/log", {"message": "once"})).status == 200
        assert (await client.ask("GET", "/readyz")).status == 200
    megabytes = service.process.memory_info().rss / _MEGABYTE
    with capsys.disabled():
        print(f"\nidle memory {megabytes:.0f} MB, start to open doors {service.start_seconds:.2f} s", end=" ")
    assert megabytes < _MOST_MEGABYTES
