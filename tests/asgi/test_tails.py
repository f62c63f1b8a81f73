"""A live tail under uvicorn and under hypercorn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.asgi_service import SERVERS, AsgiService
from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import API, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, running
from tests.support.tails import TailReader, rest_tail
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_HEADERS = {"Authorization": f"Bearer {BOOTSTRAP_KEY}"}


@asynccontextmanager
async def tailed(service: Service) -> AsyncIterator[tuple[httpx.AsyncClient, TailReader]]:
    url = f"http://127.0.0.1:{service.http_port}"
    async with (
        httpx.AsyncClient(base_url=url, headers=_HEADERS, trust_env=False, timeout=20) as http,
        rest_tail(http, BOOTSTRAP_KEY) as reader,
    ):
        await reader.next()
        yield http, reader


@pytest.mark.parametrize("server", SERVERS)
async def test_a_tail_follows_and_a_reader_who_left_is_noticed(tmp_path: Path, server: str) -> None:
    async with running(AsgiService(tmp_path, server)) as service:
        async with tailed(service) as (http, reader):
            for message in ("one", "two"):
                await http.post(f"{API}/log", json={"message": message})
            assert await reader.messages(2) == ["one", "two"]
        async with rest_client(service) as client:

            async def nobody_reads() -> bool:
                return await client.metric("tracking_tails") == 0

            await eventually(nobody_reads)
        await service.stop()


async def test_a_stop_of_uvicorn_which_waits_for_open_answers_ends_a_tail_with_a_last_word(tmp_path: Path) -> None:
    async with running(AsgiService(tmp_path, "uvicorn")) as service, tailed(service) as (_, reader):
        stopping = asyncio.create_task(service.stop())
        end = await reader.news()
        assert (end.kind, end.value["code"]) == ("end", "DRAINING")
        await stopping
