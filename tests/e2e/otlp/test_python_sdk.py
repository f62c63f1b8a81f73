"""OTLP 26, 27 and 29: the Python SDK, whose answers get lost, and whose service has lost its store."""

import asyncio
from pathlib import Path

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.losing_proxy import losing_first_answer
from tests.support.mongod import ReplicaSet, stopped
from tests.support.numbered_records import arrives
from tests.support.otlp_service import otlp_service
from tests.support.rest_client import rest_client
from tests.support.sdk_client import log_numbers, sdk_exporter, sdk_logging
from tests.support.service import Service
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_OVER = pytest.mark.parametrize("over_grpc", [True, False], ids=["gRPC", "HTTP"])
_COME_AGAIN = ('code="UNAVAILABLE",door="otlp_grpc"', 'code="503",door="otlp_http"')
"""What the answers of a service without its store are counted as."""


def port_of(service: Service, *, over_grpc: bool) -> int:
    """The port of a transport."""
    return service.otlp_grpc_port if over_grpc else service.otlp_http_port


@_OVER
async def test_an_exception_is_logged_with_all_that_is_known_of_it(service: Service, over_grpc: bool) -> None:
    def fail() -> None:
        with sdk_logging(sdk_exporter(port_of(service, over_grpc=over_grpc), over_grpc=over_grpc)) as logger:
            try:
                dict[str, int]()["no such order"]
            except KeyError:
                logger.exception("Payment failed", extra={"order": 25000233})

    await asyncio.to_thread(fail)
    async with rest_client(service) as client:
        (entry,) = await client.entries()
    assert entry["door"] == ("otlp_grpc" if over_grpc else "otlp_http")
    assert (entry["level"], entry["service"], entry["message"]) == ("error", "sdk", "Payment failed")
    attributes = entry["attributes"]
    assert attributes["order"] == 25000233
    assert (attributes["exception.type"], attributes["exception.message"]) == ("KeyError", "no such order")
    assert attributes["exception.stacktrace"].startswith("Traceback")


@_OVER
async def test_a_request_whose_answer_got_lost_is_sent_again_and_stored_once(service: Service, over_grpc: bool) -> None:
    async with losing_first_answer(port_of(service, over_grpc=over_grpc), http2=over_grpc) as (proxy, port):
        await asyncio.to_thread(log_numbers, sdk_exporter(port, over_grpc=over_grpc), 100)
        assert proxy.lost == 1
    async with rest_client(service) as client:
        stored = await arrives(client, 100)
        assert await client.metric("tracking_events_total") == 200
    assert set(stored.values()) == {1}


async def test_what_is_logged_while_the_store_is_gone_arrives_once_when_it_is_back(
    own_mongodb: ReplicaSet, tmp_path: Path
) -> None:
    url = own_mongodb.url_of("sdk")
    async with otlp_service(tmp_path, database_url=url, commit_seconds=1) as service, rest_client(service) as client:

        async def both_are_told_to_come_again() -> bool:
            metrics = (await client.ask("GET", "/metrics")).body.decode()
            return all(f"tracking_request_seconds_count{{{labels}" in metrics for labels in _COME_AGAIN)

        async with asyncio.TaskGroup() as group:
            with stopped(*own_mongodb.members):
                for over_grpc in (True, False):
                    exporter = sdk_exporter(port_of(service, over_grpc=over_grpc), over_grpc=over_grpc)
                    group.create_task(asyncio.to_thread(log_numbers, exporter, 100))
                await eventually(both_are_told_to_come_again)
        stored = await arrives(client, 100)
    assert set(stored.values()) == {2}, "Each transport has sent each number."
