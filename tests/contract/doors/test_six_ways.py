"""One event through six ways, OpenTelemetry's included, is six times the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.contract.doors.test_fields import EVERYTHING
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.otlp_client import JSON, OtlpGrpc, OtlpHttp, otlp_grpc, otlp_http, response_of
from tests.support.otlp_events import event_request
from tests.support.otlp_json import render
from tests.support.results import Event, as_sent, find, keep, keep_all

pytestmark = IN_SESSION

Send = Callable[[Event], Awaitable[None]]


@asynccontextmanager
async def six_ways(client: Client) -> AsyncIterator[list[tuple[str, Send]]]:
    """Every way with its door; none of them takes an event and does not keep it."""

    async def rest(event: Event) -> None:
        await keep(client.rest, event)

    async def log(event: Event) -> None:
        await keep(client.grpc, event)

    async def log_batch(event: Event) -> None:
        await keep_all(client.grpc, [event])

    async with (
        otlp_grpc(client.service.otlp_grpc_port, client.key) as grpc,
        otlp_http(client.service.otlp_http_port, client.key) as http,
    ):

        async def over_grpc(event: Event) -> None:
            await export(grpc, event)

        async def in_protobuf(event: Event) -> None:
            await post(http, event, in_json=False)

        async def in_json(event: Event) -> None:
            await post(http, event, in_json=True)

        yield [
            ("rest", rest),
            ("grpc", log),
            ("grpc", log_batch),
            ("otlp_grpc", over_grpc),
            ("otlp_http", in_protobuf),
            ("otlp_http", in_json),
        ]


async def export(grpc: OtlpGrpc, event: Event) -> None:
    """Over gRPC; a full success is an empty answer."""
    assert await grpc.export(event_request(event)) == b""


async def post(http: OtlpHttp, event: Event, *, in_json: bool) -> None:
    """Over HTTP, in either encoding."""
    request = event_request(event)
    if in_json:
        answer = await http.post(msgspec.json.encode(render(request, seed=6)), JSON)
    else:
        answer = await http.post(request.SerializeToString())
    assert not response_of(answer).HasField("partial_success")


@pytest.mark.parametrize("level", ["info", "success", "warning", "error", "critical"])
async def test_one_event_through_six_ways_is_the_same_in_every_field_that_rest_has(client: Client, level: str) -> None:
    event = {**EVERYTHING, "level": level, "eventId": None}
    async with six_ways(client) as ways:
        for door, send in ways:
            await send(event)
            assert (await find(client.rest))[0]["door"] == door
    entries = [as_sent(entry) for entry in await find(client.rest)]
    assert len(entries) == 6
    of_rest = entries[-1]
    for entry in entries:
        assert {name: entry.get(name) for name in of_rest} == of_rest


async def test_one_event_with_an_id_through_six_ways_is_one_entry(client: Client) -> None:
    async with six_ways(client) as ways:
        for _, send in ways:
            await send(EVERYTHING)
    (entry,) = await find(client.rest)
    assert entry["eventCount"] == 1
    assert (entry["door"], entry["eventId"]) == ("rest", EVERYTHING["eventId"])


async def test_one_debounce_key_through_six_ways_is_one_window_that_counts_six(client: Client) -> None:
    event = {**EVERYTHING, "eventId": None, "useDebounce": {"key": "callback", "maxInterval": "1h"}}
    async with six_ways(client) as ways:
        for _, send in ways:
            await send(event)
    (entry,) = await find(client.rest)
    assert (entry["eventCount"], entry["debounceKey"]) == (6, "callback")
