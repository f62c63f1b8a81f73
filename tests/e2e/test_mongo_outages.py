"""Promises 4 and 5 over MongoDB: what it does not have durably is not acknowledged, and trouble ends by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL
from time import monotonic

import pytest
import pytest_asyncio

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger, NotAcknowledged
from tests.support.conservation.load import Load, load
from tests.support.conservation.oracle import Oracle
from tests.support.conservation.ways import GrpcLog, RestLog, Way
from tests.support.fixtures import IN_SESSION
from tests.support.memory import peak_memory
from tests.support.mongod import ReplicaSet, stopped
from tests.support.rest_client import rest_client
from tests.support.service import Service, serving

pytestmark = IN_SESSION

_MEBIBYTE = 1024 * 1024
_COMMIT_SECONDS = 2.0
_ANSWERS_SECONDS = 4.0
"""The deadline of a commit, and as much again for a machine that has other things to do."""
_RECOVERS_SECONDS = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def three() -> AsyncIterator[ReplicaSet]:
    """Three members, all of them well at the begin of a test."""
    own = await asyncio.to_thread(ReplicaSet, 3)
    yield own
    own.close()


@asynccontextmanager
async def under_load(folder: Path, url: str, seed: int) -> AsyncIterator[tuple[Service, Ledger, Load]]:
    """A service under load, with its books; at the end all is audited, and it has run all the time."""
    ledger = Ledger(Oracle(seed=seed))
    async with serving(folder, database_url=url, commit_seconds=_COMMIT_SECONDS) as service:
        async with load(service, ledger, producers_per_way=1) as producers:
            await producers.acknowledges(300)
            yield service, ledger, producers
            await producers.acknowledges(300, timeout_seconds=_RECOVERS_SECONDS)
        await settle(service, ledger)
        await audit(service, ledger)
    assert service.starts == 1


async def test_a_primary_that_is_killed_costs_no_acknowledged_event(three: ReplicaSet, tmp_path: Path) -> None:
    primary = await asyncio.to_thread(three.primary)
    async with under_load(tmp_path, three.url_of("killed"), 51) as (service, ledger, producers):
        primary.send(SIGKILL)
        async with prompt_answers(service, ledger):
            await producers.acknowledges(300, timeout_seconds=_RECOVERS_SECONDS)
        primary.start()


async def test_a_primary_that_steps_down_costs_no_acknowledged_event(three: ReplicaSet, tmp_path: Path) -> None:
    async with (
        under_load(tmp_path, three.url_of("stepped"), 52) as (service, ledger, producers),
        prompt_answers(service, ledger),
    ):
        await asyncio.to_thread(three.step_down)
        await producers.acknowledges(300, timeout_seconds=_RECOVERS_SECONDS)


@pytest.mark.parametrize("seconds", [5, pytest.param(30, marks=pytest.mark.faults)])
async def test_without_a_majority_nothing_is_acknowledged(three: ReplicaSet, tmp_path: Path, seconds: int) -> None:
    secondaries = await asyncio.to_thread(three.secondaries)
    async with under_load(tmp_path, three.url_of("minority"), 53) as (service, ledger, _):
        with stopped(*secondaries):
            async with prompt_answers(service, ledger):
                # What had its majority before is still answered.
                await asyncio.sleep(0.5)
                acknowledged = len(ledger.acknowledged)
                await asyncio.sleep(seconds)
                assert len(ledger.acknowledged) == acknowledged
                assert ledger.refused


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.faults)])
async def test_a_mongodb_that_stalls_costs_no_memory(tmp_path: Path, seconds: int) -> None:
    own = await asyncio.to_thread(ReplicaSet)
    try:
        async with under_load(tmp_path, own.url_of("stalled"), 54) as (service, ledger, producers):
            before = service.process.memory_info().rss
            async with peak_memory(service.process) as peak, rest_client(service) as client:
                with stopped(*own.members):
                    async with prompt_answers(service, ledger):
                        await producers.meets_refusals(20)
                        await asyncio.sleep(seconds)
                        answer = await client.ask("GET", "/readyz")
                        assert (answer.status, answer.json["error"]["code"]) == (503, "STORE_UNAVAILABLE")
                await producers.acknowledges(300, timeout_seconds=_RECOVERS_SECONDS)
            assert peak.bytes - before < 100 * _MEBIBYTE
    finally:
        own.close()


@asynccontextmanager
async def prompt_answers(service: Service, ledger: Ledger) -> AsyncIterator[None]:
    """Whatever the answers are while the block runs, they come in time."""
    stop = asyncio.Event()

    async def ask(way: Way) -> None:
        while not stop.is_set():
            events = ledger.issue(1)
            begin = monotonic()
            try:
                ledger.answered(events, await way.send(events))
            except NotAcknowledged as failure:
                ledger.failed(events, failure)
            assert monotonic() - begin < _ANSWERS_SECONDS
            await asyncio.sleep(0.05)
        await way.close()

    async with asyncio.TaskGroup() as group:
        for way in (RestLog(service), GrpcLog(service)):
            group.create_task(ask(way))
        try:
            yield
        finally:
            stop.set()
