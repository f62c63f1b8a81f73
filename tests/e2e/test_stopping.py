"""Promise 8: SIGTERM drains. Readiness goes first, what is under way is answered, what is queued is committed."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger, NotAcknowledged
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.conservation.ways import Way, every_way
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import grpc_client
from tests.support.raw_http import connected, request
from tests.support.rest_client import API, JSON, RestClient, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.stalled_store import stalled
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_AT_ONCE_SECONDS = 5.0
_ENDS_BY_ITSELF_SECONDS = 12.0
"""Far below the 25 seconds that a drain may take, and far above what these need."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_readiness_goes_down_first_and_what_is_in_flight_is_answered(
    service: Service, number: signal.Signals
) -> None:
    ledger = Ledger(Oracle(seed=8, debounced_share=0))
    async with rest_client(service) as client, grpc_client(service) as other, asyncio.TaskGroup() as group:
        with stalled(service.database):
            in_flight = [group.create_task(_send(way, ledger)) for _ in range(4) for way in every_way(service)]
            await eventually(lambda: _wait_for_their_commit(client, ledger))
            service.signal(number)
            await eventually(lambda: _is_draining(client))
            assert await _serving_status(other.channel) == health_pb2.HealthCheckResponse.NOT_SERVING
            assert not any(task.done() for task in in_flight)
        await asyncio.gather(*in_flight)
        assert await service.ended() == 0
    await service.start()
    assert len(ledger.acknowledged) == len(ledger.issued)
    await audit(service, ledger)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.faults)])
async def test_under_load_nothing_is_cut_off_and_nothing_acknowledged_is_lost(service: Service, rounds: int) -> None:
    ledger = Ledger(Oracle(seed=88))
    async with load(service, ledger) as producers:
        for _ in range(rounds):
            await producers.acknowledges(500)
            await service.stop()
            await service.start()
        await producers.acknowledges(100)
    await settle(service, ledger)
    await audit(service, ledger)
    assert ledger.cut_off == 0


async def test_a_second_signal_ends_the_service_at_once(service: Service) -> None:
    ledger = Ledger(Oracle(seed=2))
    async with rest_client(service) as client:
        with stalled(service.database):
            sending = [asyncio.create_task(_send(way, ledger)) for way in every_way(service)]
            await eventually(lambda: _wait_for_their_commit(client, ledger))
            service.signal(signal.SIGTERM)
            await eventually(lambda: _is_draining(client))
            service.signal(signal.SIGTERM)
            assert await service.ended(timeout_seconds=_AT_ONCE_SECONDS) == 1
        await asyncio.gather(*sending)
    await service.start()
    await settle(service, ledger)
    await audit(service, ledger)


async def test_a_client_that_hangs_does_not_keep_the_service(tmp_path: Path) -> None:
    fields = {"Authorization": f"Bearer {BOOTSTRAP_KEY}", "Content-Type": JSON, "Content-Length": "1000"}
    head = request("POST", f"{API}/log", fields)
    async with serving(tmp_path, drain_seconds=1) as service, connected(service.http_port) as hanging:
        await hanging.send(head + b'{"message"')
        service.signal(signal.SIGTERM)
        assert await service.ended(timeout_seconds=_ENDS_BY_ITSELF_SECONDS) == 0
        assert await hanging.closed() == b""


async def test_a_store_that_hangs_does_not_keep_the_service(tmp_path: Path) -> None:
    ledger = Ledger(Oracle(seed=3))
    async with serving(tmp_path, drain_seconds=1, commit_seconds=60) as service:
        with ExitStack() as stack:
            stack.enter_context(stalled(service.database))
            async with rest_client(service) as client:
                sending = [asyncio.create_task(_send(way, ledger)) for way in every_way(service)]
                await eventually(lambda: _wait_for_their_commit(client, ledger))
                service.signal(signal.SIGTERM)
            await service.ended(timeout_seconds=_ENDS_BY_ITSELF_SECONDS)
            await asyncio.gather(*sending)
        await service.start()
        await settle(service, ledger)
        await audit(service, ledger)


async def _send(way: Way, ledger: Ledger) -> None:
    events = ledger.issue(way.events)
    try:
        ledger.answered(events, await way.send(events))
    except NotAcknowledged as failure:
        ledger.failed(events, failure)
    finally:
        await way.close()


async def _wait_for_their_commit(client: RestClient, ledger: Ledger) -> bool:
    """Whether every event that was issued has arrived, and lies in the queue."""
    sizes: Sequence[int] = [len(event.payload["message"].encode()) + 512 for event in ledger.issued.values()]
    return await client.metric("tracking_queue_bytes") >= sum(sizes) > 0


async def _is_draining(client: RestClient) -> bool:
    answer = await client.ask("GET", "/readyz")
    return answer.status == 503 and bool(answer.json["error"]["code"] == "DRAINING")


async def _serving_status(channel: grpc.aio.Channel) -> int:
    # The stub of an aio channel is typed for a blocking one.
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest())).status)
