"""`serve --workers 2`: one service of several processes, which share its ports, its numbers and its end."""

import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from tracking.v1 import tracking_service_pb2
from tracking.v1.log_event_pb2 import LogEvent

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import grpc_client
from tests.support.mongo_databases import Databases
from tests.support.otlp_client import logs, otlp_grpc, otlp_http, response_of
from tests.support.raw_http import connected, request
from tests.support.rest_client import API, JSON, RestClient, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.waiting import eventually, until

pytestmark = IN_SESSION

_CLIENTS = 16
"""So many connections that no worker is left without one."""
_REVOKED_SECONDS = 30.0
_AT_ONCE_SECONDS = 2.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory, mongodb: Databases) -> AsyncIterator[Service]:
    """A service of two workers that outlives a test."""
    folder = tmp_path_factory.mktemp("workers")
    async with serving(folder, database_url=mongodb.empty("shared_workers"), workers=2) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def service(tmp_path: Path, mongodb: Databases) -> AsyncIterator[Service]:
    """A service of two workers, and of this test."""
    async with serving(tmp_path, database_url=mongodb.empty("workers"), workers=2) as running:
        yield running


async def test_workers_share_the_ports_and_each_of_them_tells_the_sum(shared: Service) -> None:
    async with _clients(shared) as clients, AsyncExitStack() as stack:
        events, restarts = [await clients[0].metric(f"tracking_{name}_total") for name in ("events", "worker_restarts")]
        callers = [await stack.enter_async_context(grpc_client(shared)) for _ in range(_CLIENTS)]
        hello = tracking_service_pb2.LogRequest(event=LogEvent(message="hello"))
        for client, caller in zip(clients, callers, strict=True):
            assert (await client.post("/log", {"message": "hello"})).status == 200
            await caller.tracking.Log(hello, metadata=caller.metadata)
        for worker in _workers(shared):
            assert _connections(worker, shared.http_port) > 0
            assert _connections(worker, shared.grpc_port) > 0
        sums = {"tracking_events_total": events + 2 * _CLIENTS, "tracking_workers": 2, "tracking_store_up": 1}
        await _each_tells(clients, {**sums, "tracking_worker_restarts_total": restarts})
        await _kill_one(shared)
    async with _clients(shared) as clients:
        await _each_tells(clients, {**sums, "tracking_worker_restarts_total": restarts + 1})
        await _wait_for_a_connection_to_each(shared, clients)


async def test_workers_share_the_ports_of_otlp_too(shared: Service) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(_CLIENTS):
            over_grpc = await stack.enter_async_context(otlp_grpc(shared.otlp_grpc_port, BOOTSTRAP_KEY))
            assert await over_grpc.export(logs("hello")) == b""
            over_http = await stack.enter_async_context(otlp_http(shared.otlp_http_port, BOOTSTRAP_KEY))
            response_of(await over_http.post(logs("hello").SerializeToString()))
        for worker in _workers(shared):
            assert _connections(worker, shared.otlp_grpc_port) > 0
            assert _connections(worker, shared.otlp_http_port) > 0


async def test_a_worker_that_is_killed_takes_nothing_along_that_was_acknowledged(service: Service) -> None:
    ledger = Ledger(Oracle(seed=26))
    async with load(service, ledger) as producers:
        for _ in range(2):
            await producers.acknowledges(300)
            await _kill_one(service)
        await producers.acknowledges(300)
        await service.stop()
        await service.start()
        await producers.acknowledges(100)
    await settle(service, ledger)
    await audit(service, ledger)


async def test_a_revoked_key_is_refused_by_every_worker_soon(shared: Service) -> None:
    async with rest_client(shared) as admin:
        made = (await admin.post("/keys", {"scopes": ["ingest"]})).json
        async with _clients(shared, made["key"]) as clients:
            for client in clients:
                assert (await client.post("/log", {"message": "hello"})).status == 200
            assert (await admin.ask("DELETE", f"{API}/keys/{made['id']}")).status == 204

            async def all_refuse() -> bool:
                return {(await client.post("/log", {"message": "hello"})).status for client in clients} == {401}

            await eventually(all_refuse, timeout_seconds=_REVOKED_SECONDS)


async def test_a_second_signal_ends_all_of_it_at_once(service: Service) -> None:
    workers = _workers(service)
    fields = {"Authorization": f"Bearer {BOOTSTRAP_KEY}", "Content-Type": JSON, "Content-Length": "1000"}
    async with connected(service.http_port) as hanging:
        await hanging.send(request("POST", f"{API}/log", fields) + b'{"message"')
        service.signal(signal.SIGTERM)
        await until(lambda: "Stopping" in service.stderr)
        service.signal(signal.SIGTERM)
        assert await service.ended(timeout_seconds=_AT_ONCE_SECONDS) == 1
    await until(lambda: not any(worker.is_running() for worker in workers))


async def test_workers_end_with_their_supervisor(service: Service) -> None:
    workers = _workers(service)
    await service.kill()
    await until(lambda: not any(worker.is_running() for worker in workers))


@asynccontextmanager
async def _clients(service: Service, key: str = BOOTSTRAP_KEY) -> AsyncIterator[list[RestClient]]:
    """Clients with a connection each."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(rest_client(service, key)) for _ in range(_CLIENTS)]


async def _each_tells(clients: list[RestClient], metrics: dict[str, float]) -> None:
    """Wait until every client, and so every worker, hears these numbers."""

    async def tells() -> bool:
        return all([await client.metric(name) == value for client in clients for name, value in metrics.items()])

    await eventually(tells)


async def _wait_for_a_connection_to_each(service: Service, clients: list[RestClient]) -> None:
    """A worker that was started again serves as the others do."""

    async def has_one() -> bool:
        for client in clients:
            await client.close()
            await client.ask("GET", "/livez")
        return all(_connections(worker, service.http_port) for worker in _workers(service))

    await eventually(has_one)


async def _kill_one(service: Service) -> None:
    """Kill a worker, and wait for another one in its place."""
    killed = _workers(service)[0]
    killed.kill()
    await until(lambda: len(_workers(service)) == 2 and killed not in _workers(service))
    await until(lambda: "signal 9" in service.stderr)


def _workers(service: Service) -> list[psutil.Process]:
    return [
        child
        for child in service.process.children()
        if child.status() != psutil.STATUS_ZOMBIE and "--multiprocessing-fork" in child.cmdline()
    ]


def _connections(worker: psutil.Process, port: int) -> int:
    return sum(
        connection.laddr.port == port and connection.status == psutil.CONN_ESTABLISHED
        for connection in worker.net_connections()
    )
