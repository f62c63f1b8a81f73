"""Promise 6: debounce is exact, over processes, doors and retries."""

import asyncio

import pytest

from tests.support.debounce_audit import count_events, require_one_opener_a_window, told_by_entry, write
from tests.support.debounce_writers import Order, Ports
from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import rest_client
from tests.support.service import Service

pytestmark = IN_SESSION

_KEYS = ["hot-1", "hot-2", "hot-3"]


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.faults)])
async def test_each_window_has_one_opener_and_the_counts_are_the_distinct_acknowledged_events(
    service: Service, seconds: int
) -> None:
    ports = [Ports(service.http_port, service.grpc_port)]
    done = await asyncio.gather(*(write(Order(ports, f"client-{number}", _KEYS, seconds)) for number in range(4)))
    events, told = count_events(done), told_by_entry(done)
    async with rest_client(service) as client:
        for key in _KEYS:
            entries = await client.entries(f"&debounceKey={key}")
            assert sum(entry["eventCount"] for entry in entries) == events[key] > 0
            require_one_opener_a_window(entries, told)
            assert len(entries) >= seconds / 2, "There were too few windows to show anything."
        assert await client.metric("tracking_events_total") == sum(one.answers for one in done)
