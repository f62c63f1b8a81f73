"""Promises 4 and 7: a store that does not answer costs nobody an acknowledged event, and the service no memory."""

import asyncio
from pathlib import Path
from time import monotonic

import grpc.aio
import pytest
from tracking.v1 import tracking_service_pb2

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger, Refused
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.conservation.ways import RestLog
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import GrpcClient, reason_of
from tests.support.grpc_messages import event_message
from tests.support.memory import peak_memory
from tests.support.rest_client import RestClient, rest_client
from tests.support.service import Service, serving
from tests.support.stalled_store import stalled
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_MEBIBYTE = 1024 * 1024
_COMMIT_SECONDS = 1.0
_ANSWERS_SECONDS = _COMMIT_SECONDS + 1.0
"""Answered within a second behind the deadline, by a service that is busy refusing others."""
_AT_ONCE_SECONDS = 1.0
_RECOVERS_SECONDS = 10.0
_QUEUE_BYTES = 64 * _MEBIBYTE
_FILLS_QUEUE = 80
_REQUESTS = 500
_COPIES = 6
"""What the queue holds may be there several times: as it came, as it was read, as it will be written."""
_LARGE = {"message": "x" * (_MEBIBYTE - 100)}


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.faults)])
async def test_an_outage_under_load_loses_nothing_is_told_in_time_and_ends_by_itself(
    tmp_path: Path, seconds: int
) -> None:
    ledger = Ledger(Oracle(seed=4))
    async with serving(tmp_path, commit_seconds=_COMMIT_SECONDS) as service:
        async with load(service, ledger) as producers, rest_client(service) as client:
            await producers.acknowledges(500)
            with stalled(service.database):
                end = monotonic() + seconds
                while monotonic() < end:
                    await _require_refusal_in_time(service, ledger)
                await eventually(lambda: _is_unavailable(client))
            await producers.acknowledges(500, timeout_seconds=_RECOVERS_SECONDS)
            await eventually(lambda: _is_ready(client))
        await settle(service, ledger)
        await audit(service, ledger)
    assert service.starts == 1


@pytest.mark.parametrize("door", ["rest", "grpc"])
async def test_500_bodies_of_1_mib_stay_within_bounds_and_the_excess_is_answered_at_once(
    tmp_path: Path, door: str
) -> None:
    flood = _flood_rest if door == "rest" else _flood_grpc
    async with serving(tmp_path, commit_seconds=_COMMIT_SECONDS, queue_bytes=_QUEUE_BYTES) as service:
        before = service.process.memory_info().rss
        async with rest_client(service) as client, peak_memory(service.process) as peak:
            with stalled(service.database):
                filling = asyncio.create_task(flood(service, _FILLS_QUEUE))
                await eventually(lambda: _is_full(client))
                begin = monotonic()
                assert await flood(service, 1) == ["OVERLOADED"]
                assert monotonic() - begin < _AT_ONCE_SECONDS
                codes = await flood(service, _REQUESTS - _FILLS_QUEUE - 1) + await filling
            assert set(codes) <= {"OVERLOADED", "STORE_UNAVAILABLE"}
            await eventually(lambda: _is_ready(client), timeout_seconds=_RECOVERS_SECONDS)
            # What was refused as too late may yet be stored: that is the queue's, and comes first.
            await eventually(lambda: _is_empty(client), timeout_seconds=_RECOVERS_SECONDS)
            # Ready is a look at one moment; what comes in must be stored again soon, not at the first try.
            await eventually(lambda: _is_stored(client), timeout_seconds=_RECOVERS_SECONDS)
        assert peak.bytes - before < _COPIES * _QUEUE_BYTES


async def _is_stored(client: RestClient) -> bool:
    return (await client.post("/log", {"message": "after"})).status == 200


async def _flood_rest(service: Service, requests: int) -> list[str]:
    async def send(client: RestClient) -> str:
        try:
            answer = await client.post("/log", _LARGE)
        finally:
            client.hang_up()
        assert answer.status == 503, answer.body
        assert int(answer.fields["retry-after"]) >= 1
        return str(answer.json["error"]["code"])

    return await asyncio.gather(*(send(RestClient(service.http_port)) for _ in range(requests)))


async def _flood_grpc(service: Service, requests: int) -> list[str]:
    request = tracking_service_pb2.LogRequest(event=event_message(_LARGE))

    async def send(client: GrpcClient) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await client.tracking.Log(request, metadata=client.metadata)
        assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
        return str(reason_of(failure.value))

    clients = [GrpcClient(service.grpc_port) for _ in range(10)]
    try:
        return await asyncio.gather(*(send(clients[number % len(clients)]) for number in range(requests)))
    finally:
        for client in clients:
            await client.close()


async def _require_refusal_in_time(service: Service, ledger: Ledger) -> None:
    way = RestLog(service)
    event = ledger.issue(1)
    begin = monotonic()
    with pytest.raises(Refused) as refusal:
        await way.send(event)
    assert monotonic() - begin < _ANSWERS_SECONDS
    ledger.failed(event, refusal.value)
    await way.close()


async def _is_full(client: RestClient) -> bool:
    return await client.metric("tracking_queue_bytes") > _QUEUE_BYTES - _MEBIBYTE


async def _is_empty(client: RestClient) -> bool:
    return await client.metric("tracking_queue_bytes") == 0


async def _is_unavailable(client: RestClient) -> bool:
    answer = await client.ask("GET", "/readyz")
    return answer.status == 503 and bool(answer.json["error"]["code"] == "STORE_UNAVAILABLE")


async def _is_ready(client: RestClient) -> bool:
    return (await client.ask("GET", "/readyz")).status == 200
