"""OTLP 26 and 29: what a Collector has taken arrives, each record once, whatever is killed on the way.

Also without ids: a Collector sends a failed batch again as the same bytes, and SQLite has a request's digest in the
commit of its records.
"""

import asyncio
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any, NamedTuple

import pytest

from tests.support.collector import UNIQUE, Collector, collecting, configured, exporter_of
from tests.support.collector_build import Programs
from tests.support.fixtures import IN_SESSION
from tests.support.mongo_databases import Databases
from tests.support.numbered_records import arrives, feed
from tests.support.otlp_service import otlp_service
from tests.support.rest_client import rest_client
from tests.support.service import Service
from tests.support.waiting import eventually, until

pytestmark = IN_SESSION

_FAILED = "Exporting failed"
_WHILE_DOWN = 200
"""Of the records, those that the Collector gets while nobody listens."""


class Case(NamedTuple):
    """An exporter (it compresses by gzip unless told), and how many records; `ids`: each has a `log.record.uid`."""

    exporter: dict[str, Any]
    records: int
    ids: bool


CASES = {
    "gRPC": Case({"name": "otlp_grpc"}, 5_000, ids=False),
    "gRPC, ids": Case({"name": "otlp_grpc"}, 5_000, ids=True),
    "HTTP": Case({"name": "otlp_http"}, 4_000, ids=False),
    "HTTP, ids": Case({"name": "otlp_http"}, 4_000, ids=True),
    "HTTP, zstd, ids": Case({"name": "otlp_http", "compression": "zstd"}, 1_000, ids=True),
    "HTTP, JSON, ids": Case({"name": "otlp_http", "encoding": "json"}, 1_000, ids=True),
}


_KILLS = pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.faults)])


@_KILLS
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_every_record_arrives_once_though_the_service_is_killed(
    otel_programs: Programs, service: Service, tmp_path: Path, case: Case, kills: int
) -> None:
    await survives(otel_programs, service, tmp_path, case, kills)


@_KILLS
async def test_over_mongodb_every_record_with_an_id_arrives_once_though_the_service_is_killed(
    otel_programs: Programs, mongodb: Databases, tmp_path: Path, kills: int
) -> None:
    async with otlp_service(tmp_path, database_url=mongodb.empty("collector")) as service:
        await survives(otel_programs, service, tmp_path, CASES["gRPC, ids"], kills)


async def survives(programs: Programs, service: Service, folder: Path, case: Case, kills: int) -> None:
    """Records go through a Collector while the service is killed; none may be missing, none be there twice."""
    exporter, processors = exporter_of(service, **case.exporter), UNIQUE if case.ids else None
    collector, port = configured(programs.collector, folder, exporter, processors)
    async with collecting(collector):
        for kill in range(kills):
            numbers = range(kill * case.records, (kill + 1) * case.records)
            async with asyncio.TaskGroup() as group:
                group.create_task(feed(port, numbers[:-_WHILE_DOWN]))
                group.create_task(kill_amid(service))
            failed_again = partial(_has_failed_since, collector, collector.log.count(_FAILED))
            await feed(port, numbers[-_WHILE_DOWN:])
            await until(failed_again)
            await service.start()
        async with rest_client(service) as client:
            stored = await arrives(client, kills * case.records, timeout_seconds=30 * kills)
    assert set(stored.values()) == {1}


def _has_failed_since(collector: Collector, before: int) -> bool:
    """Whether an export has failed since there were so many in the log."""
    return collector.log.count(_FAILED) > before


async def kill_amid(service: Service) -> None:
    """Kill the service when it has stored something and is at it."""
    async with rest_client(service) as client:

        async def has_stored() -> bool:
            return await client.metric("tracking_events_total") > 0

        await eventually(has_stored)
    await service.kill()


async def test_what_a_collector_has_taken_survives_its_own_death(
    otel_programs: Programs, service: Service, tmp_path: Path
) -> None:
    collector, port = configured(otel_programs.collector, tmp_path, exporter_of(service, "otlp_grpc"))
    await service.kill()
    async with collecting(collector):
        await feed(port, range(1_000))
        await collector.end(SIGKILL)
        await service.start()
        await collector.start()
        async with rest_client(service) as client:
            stored = await arrives(client, 1_000)
    assert set(stored.values()) == {1}
