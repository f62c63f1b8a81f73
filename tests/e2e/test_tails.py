"""Live tails of the service as a process: across processes, beside ingest, and when it stops."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
from tracking.v1 import query_service_pb2, query_service_pb2_grpc

from tests.support.fixtures import IN_SESSION
from tests.support.memory import peak_memory
from tests.support.mongo_databases import Databases
from tests.support.raw_http import connected, request
from tests.support.rest_client import API, NDJSON, RestClient, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.tails import TailReader, grpc_tail, rest_tail
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_KEY = {"Authorization": f"Bearer {BOOTSTRAP_KEY}"}
_ENDS_BY_ITSELF_SECONDS = 12.0
_MEBIBYTE = 1024 * 1024
_BATCH = 500


@asynccontextmanager
async def tailing(service: Service, door: str, after: str = "") -> AsyncIterator[TailReader]:
    async with AsyncExitStack() as stack:
        if door == "rest":
            url = f"http://127.0.0.1:{service.http_port}"
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=20))
            reader = await stack.enter_async_context(rest_tail(http, BOOTSTRAP_KEY, after=after))
        else:
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{service.grpc_port}", [("grpc.enable_http_proxy", 0)])
            await stack.enter_async_context(channel)
            reader = await stack.enter_async_context(grpc_tail(channel, BOOTSTRAP_KEY, after=after))
        if not after:
            assert (await reader.next()).kind == "heartbeat"
        yield reader


@pytest.mark.parametrize("door", ["rest", "grpc"])
async def test_what_one_process_takes_in_another_tells_within_a_second_and_a_place_is_good_in_both(
    tmp_path: Path, mongodb: Databases, door: str
) -> None:
    url = mongodb.empty("tails")
    async with AsyncExitStack() as stack:
        services = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            services.append(await stack.enter_async_context(serving(tmp_path / name, database_url=url)))
        one, other = services
        client = await stack.enter_async_context(rest_client(other))
        async with tailing(one, door) as reader:
            await client.post("/log", {"message": "first", "useDebounce": {"key": "k"}})
            async with asyncio.timeout(1):
                assert await reader.messages(1) == ["first"]
            await client.post("/log", {"message": "first", "useDebounce": {"key": "k"}})
            repeat = await reader.news()
            assert (repeat.kind, repeat.value["eventCount"]) == ("repeat", 2)
        await client.post("/log", {"message": "meanwhile"})
        async with tailing(other, door, after=reader.position) as again:
            assert await again.messages(1) == ["meanwhile"]


async def test_a_stop_ends_tails_with_a_last_word_and_does_not_wait_for_them(tmp_path: Path) -> None:
    async with serving(tmp_path) as service, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(tailing(service, door)) for door in ("rest", "grpc") for _ in "12"]
        async with _never_reading(service, "rest"), _never_reading(service, "grpc"):
            service.signal(signal.SIGTERM)
            for reader in readers:
                end = await reader.news()
                assert (end.kind, end.value["code"]) == ("end", "DRAINING")
            assert await service.ended(timeout_seconds=_ENDS_BY_ITSELF_SECONDS) == 0


@asynccontextmanager
async def _never_reading(service: Service, door: str) -> AsyncIterator[None]:
    """A tail whose client takes nothing of it."""
    if door == "rest":
        async with connected(service.http_port) as connection:
            await connection.send(request("GET", f"{API}/entries/tail", _KEY))
            yield
        return
    options = [("grpc.enable_http_proxy", 0), ("grpc.http2.lookahead_bytes", 1024), ("grpc.http2.bdp_probe", 0)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.grpc_port}", options) as channel:
        stub: Any = query_service_pb2_grpc.QueryServiceStub(channel)
        call = stub.TailEntries(
            query_service_pb2.TailEntriesRequest(), metadata=(("authorization", _KEY["Authorization"]),)
        )
        await call.initial_metadata()
        yield
        call.cancel()


@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.faults)])
async def test_tails_that_nobody_reads_cost_no_memory_and_what_they_lose_is_counted(
    tmp_path: Path, seconds: int
) -> None:
    async with serving(tmp_path) as service, rest_client(service) as client, AsyncExitStack() as stack:
        await _ingest(service, 1.0)
        for door in ("rest", "grpc") * 4:
            await stack.enter_async_context(_never_reading(service, door))
        await eventually(lambda: _has_tails(client, 8))
        process = service.process
        before = process.memory_info().rss
        async with peak_memory(process) as peak:
            sent = await _ingest(service, seconds)
        # Eight queues of a mebibyte, what lies in sockets, and what is recent.
        assert peak.bytes - before < 80 * _MEBIBYTE
        assert 0 < await client.metric("tracking_tail_lost_total") <= 8 * sent
        async with tailing(service, "rest") as reader:
            await client.post("/log", {"message": "still told"})
            assert await reader.messages(1) == ["still told"]


async def _has_tails(client: RestClient, count: int) -> bool:
    return bool(await client.metric("tracking_tails") == count)


async def _ingest(service: Service, seconds: float) -> int:
    """Batches as fast as they are taken; how many events that were."""
    body = b"\n".join(b'{"message": "%d %s"}' % (number, b"x" * 300) for number in range(_BATCH))
    sent = 0
    async with rest_client(service) as client:
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            assert (await client.post("/log/batch", body, NDJSON)).status == 200
            sent += _BATCH
    return sent
