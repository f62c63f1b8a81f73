"""Promise 17: a client's clock may say anything between 1678 and 2262."""

import pytest
from tracking.v1 import query_service_pb2, tracking_service_pb2

from server.core.instants import parse_rfc3339
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import grpc_client
from tests.support.grpc_messages import event_message, filter_message
from tests.support.rest_client import rest_client
from tests.support.service import Service

pytestmark = IN_SESSION

_TIMES = (
    "1678-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "1970-01-01T00:00:00Z",
    "2100-02-28T12:00:00.5Z",
    "2262-04-11T23:47:16.854775807Z",
)


@pytest.mark.parametrize("door", ["rest", "grpc"])
async def test_an_event_of_any_time_is_accepted_and_found_at_its_time(service: Service, door: str) -> None:
    log, find = (_log_rest, _find_rest) if door == "rest" else (_log_grpc, _find_grpc)
    for time in _TIMES:
        await log(service, {"message": time, "eventTime": time})
    for number, time in enumerate(_TIMES):
        assert await find(service, time) == list(reversed(_TIMES[number:]))
    async with rest_client(service) as client:
        for entry in await client.entries():
            assert parse_rfc3339(entry["eventTime"]) == parse_rfc3339(entry["message"])


async def _log_rest(service: Service, event: dict[str, str]) -> None:
    async with rest_client(service) as client:
        assert (await client.post("/log", event)).status == 200


async def _log_grpc(service: Service, event: dict[str, str]) -> None:
    async with grpc_client(service) as client:
        request = tracking_service_pb2.LogRequest(event=event_message(event))
        assert (await client.tracking.Log(request, metadata=client.metadata)).success


async def _find_rest(service: Service, begin: str) -> list[str]:
    async with rest_client(service) as client:
        return [entry["message"] for entry in await client.entries(f"&from={begin}")]


async def _find_grpc(service: Service, begin: str) -> list[str]:
    async with grpc_client(service) as client:
        request = query_service_pb2.ListEntriesRequest(filter=filter_message({"from": begin}))
        answer = await client.query.ListEntries(request, metadata=client.metadata)
        return [entry.message for entry in answer.entries]
