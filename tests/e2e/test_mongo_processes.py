"""Several server processes over one MongoDB are one service: exact, whatever happens to them or on the way."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.debounce_audit import count_events, require_one_opener_a_window, require_told, told_by_entry, write
from tests.support.debounce_writers import Order, Ports
from tests.support.fixtures import IN_SESSION
from tests.support.losing_proxy import losing_proxy
from tests.support.mongo_databases import Databases
from tests.support.rest_client import rest_client
from tests.support.service import Service, serving

pytestmark = IN_SESSION

_KEYS = ["hot-1", "hot-2", "hot-3"]


@pytest.fixture
def url(mongodb: Databases) -> str:
    return mongodb.empty("processes")


@pytest_asyncio.fixture(loop_scope="session")
async def services(tmp_path: Path, url: str) -> AsyncIterator[list[Service]]:
    """Two server processes on one database."""
    async with AsyncExitStack() as stack:
        yield await start_two(stack, tmp_path, url)


async def start_two(stack: AsyncExitStack, folder: Path, url: str) -> list[Service]:
    folders = [folder / "one", folder / "two"]
    for each in folders:
        each.mkdir()
    return [await stack.enter_async_context(serving(each, database_url=url)) for each in folders]


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.faults)])
async def test_two_servers_open_each_window_once_and_count_each_event_once(
    services: list[Service], seconds: int
) -> None:
    ports = [Ports(service.http_port, service.grpc_port) for service in services]
    orders = [
        Order(ports, f"client-{n}", _KEYS, seconds, retry_share=0.3, plain_share=0.3, cool_share=0.4) for n in range(4)
    ]
    done = await asyncio.gather(*map(write, orders))
    told = told_by_entry(done)
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    async with rest_client(services[0]) as client:
        for entry in await client.entries():
            by_key[entry.get("debounceKey", "")].append(entry)
    counted = {key: sum(entry["eventCount"] for entry in entries) for key, entries in by_key.items()}
    assert counted == dict(count_events(done))
    require_told(by_key.pop(""), told)
    for entries in by_key.values():
        require_one_opener_a_window(entries, told)
    assert all(len(by_key[key]) >= seconds / 2 for key in _KEYS), "There were too few windows to show anything."


@pytest.mark.parametrize("kills", [3, pytest.param(25, marks=pytest.mark.faults)])
async def test_nothing_is_lost_or_doubled_by_kill_9_of_either_server(services: list[Service], kills: int) -> None:
    ledger = Ledger(Oracle(seed=26))
    random = Random(26)
    async with (
        load(services[0], ledger, producers_per_way=1) as producers,
        load(services[1], ledger, producers_per_way=1),
    ):
        for _ in range(kills):
            await producers.acknowledges(random.randrange(1, 1_000))
            victim = random.choice(services)
            await victim.kill()
            await victim.start()
        await producers.acknowledges(100)
    await settle(services[0], ledger)
    await audit(services[1], ledger)
    assert ledger.cut_off, "No kill met a request."


@pytest.mark.parametrize("events", [3_000, pytest.param(100_000, marks=pytest.mark.faults)])
async def test_nothing_is_lost_or_doubled_when_replies_of_mongodb_get_lost(
    tmp_path: Path, url: str, events: int
) -> None:
    ledger = Ledger(Oracle(seed=27))
    async with AsyncExitStack() as stack:
        proxy, direct = await stack.enter_async_context(losing_proxy(url, lost_share=0.06, seed=27))
        services = await start_two(stack, tmp_path, direct)
        async with (
            load(services[0], ledger, producers_per_way=1) as producers,
            load(services[1], ledger, producers_per_way=1),
        ):
            await producers.acknowledges(events, timeout_seconds=600)
        lost = proxy.lost
        proxy.heal()
        await settle(services[0], ledger)
        await audit(services[1], ledger)
    assert lost > events / 300
