"""Promise 15: a period that was cut takes what is over, beside ingest and through crashes, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from time import time_ns

import pytest

from server.core.model import Level
from server.storage.sqlite.connection import open_reader
from server.storage.sqlite.statements import read_value
from server.storage.sqlite.store import SqliteStore
from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import API, JSON, RestClient, rest_client
from tests.support.service import Service, running
from tests.support.stores import HOUR, Clock, commit, submission
from tests.support.waiting import eventually

pytestmark = IN_SESSION

DAY = 24 * HOUR
MONTH_MILLISECONDS = 30 * 86_400_000
AT_ONCE = 2_000
_ONE_DAY = b'{"retention": {"info": "1d"}}'


@pytest.mark.parametrize("entries", [12_000, pytest.param(500_000, marks=pytest.mark.faults)])
@pytest.mark.parametrize("kills", [0, 2])
async def test_a_period_cut_from_30_days_to_one(tmp_path: Path, entries: int, kills: int) -> None:
    service = Service(tmp_path)
    young, others = await fill(service.database, entries)
    async with running(service), ingesting(service) as acknowledged:
        async with rest_client(service) as client:
            before = len(acknowledged)
            answer = await client.ask("PUT", f"{API}/settings", _ONE_DAY, {"Content-Type": JSON})
            assert answer.status == 200, answer.body
        for number in range(kills):
            left = entries - (number + 1) * entries // 4
            await has_at_most(service, left)
            await service.kill()
            await service.start()
        await has_at_most(service, 0)
        assert len(acknowledged) > before, "Nothing came in beside the purge."
    async with running(service), rest_client(service) as client:
        messages = [entry["message"] for entry in await client.entries()]
    assert len(messages) == len(set(messages))
    assert set(messages) >= young | others | set(acknowledged)
    assert not [message for message in messages if message.startswith("old")]


async def fill(database: Path, entries: int) -> tuple[set[str], set[str]]:
    """Old entries and, between them by their times, younger ones and some of another level, whose names are given."""
    now = time_ns()
    store = SqliteStore(database, clock=Clock(now))
    await store.create_organisation("default")
    await store.change_settings(1, {"retention_info": MONTH_MILLISECONDS})
    young, others = {f"young {n}" for n in range(500)}, {f"other {n}" for n in range(500)}
    for begin in range(0, entries, AT_ONCE):
        # From 29 days ago to a minute more than one.
        ages = [DAY + HOUR // 60 + 28 * DAY * n // entries for n in range(begin, begin + AT_ONCE)]
        await commit(store, *[submission(f"old {n}", at=now - age) for n, age in enumerate(ages, begin)])
    await commit(store, *[submission(name, at=now - 20 * DAY, received=now - HOUR) for name in young])
    await commit(store, *[submission(name, at=now - 20 * DAY, level=Level.ERROR) for name in others])
    await store.close()
    return young, others


@asynccontextmanager
async def ingesting(service: Service) -> AsyncIterator[list[str]]:
    """Single events, one after the other, whatever happens to the service; those that were acknowledged."""
    acknowledged: list[str] = []

    async def send(client: RestClient, message: str) -> None:
        if (await client.post("/log", {"message": message})).status == 200:
            acknowledged.append(message)

    async def go_on() -> None:
        numbers = count()
        while True:
            try:
                async with rest_client(service) as client:
                    for number in numbers:
                        await send(client, f"new {number}")
            except (OSError, EOFError):
                await asyncio.sleep(0.01)

    task = asyncio.create_task(go_on())
    try:
        yield acknowledged
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def has_at_most(service: Service, entries: int) -> None:
    """Return once so many old entries are left."""

    async def is_so() -> bool:
        return await old_entries(service) <= entries

    await eventually(is_so, timeout_seconds=300)


async def old_entries(service: Service) -> int:
    """How many are left, by the file itself."""
    return await asyncio.to_thread(_count, service.database)


def _count(database: Path) -> int:
    connection = open_reader(database)
    try:
        count: int = read_value(connection, "SELECT count(*) FROM entries WHERE instr(data, 'old ')")
    finally:
        connection.close()
    return count
