"""Promise 6: debounce is exact, over processes, doors and retries."""

import asyncio
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from server.core.instants import parse_rfc3339
from tests.support.debounce_writers import Done, Order
from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import rest_client
from tests.support.service import Service, environment

pytestmark = IN_SESSION

_KEYS = ["hot-1", "hot-2", "hot-3"]
_SECOND = 1_000_000_000


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.faults)])
async def test_each_window_has_one_opener_and_the_counts_are_the_distinct_acknowledged_events(
    service: Service, seconds: int
) -> None:
    done = await asyncio.gather(*(_write(service, f"client-{number}", seconds) for number in range(4)))
    events: Counter[str] = sum((Counter(one.events) for one in done), Counter())
    async with rest_client(service) as client:
        for key in _KEYS:
            entries = await client.entries(f"&debounceKey={key}")
            assert sum(entry["eventCount"] for entry in entries) == events[key] > 0
            _require_one_opener_a_window(entries, done)
            assert len(entries) >= seconds / 2, "There were too few windows to show anything."
        assert await client.metric("tracking_events_total") == sum(one.answers for one in done)


async def _write(service: Service, name: str, seconds: float) -> Done:
    order = Order(service.http_port, service.grpc_port, name, _KEYS, seconds)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.debounce_writers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment({}),
    )
    try:
        output, _ = await process.communicate(msgspec.json.encode(order))
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return msgspec.json.decode(output, type=Done)


def _require_one_opener_a_window(entries: list[dict[str, Any]], done: list[Done]) -> None:
    ends = sorted(parse_rfc3339(entry["windowEndTime"]) for entry in entries)
    assert all(later - earlier >= _SECOND for earlier, later in pairwise(ends)), "Windows overlap."
    for entry in entries:
        outcomes: Counter[str] = sum((Counter(one.outcomes.get(entry["id"], {})) for one in done), Counter())
        assert outcomes == {"stored": 1, "debounced": entry["eventCount"] - 1}
