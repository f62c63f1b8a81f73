"""`LogStream`: one event after the other, each answered once it is durable, in the order they were sent."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest_asyncio

from server.grpc_api.stream import MAX_UNDER_WAY, STREAMS_OF_A_KEY
from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_stream import Stream, outcome
from tests.support.in_process import Client, InProcessService, in_process
from tests.support.results import Failure, keep, read
from tests.support.stalled_store import stalled
from tests.support.waiting import eventually, until

pytestmark = IN_SESSION

HELLO = {"message": "hello"}
_STANDS_STILL_SECONDS = 0.5
_SMALL_WINDOW = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    # A client that takes few answers by itself, and does not find out that it could take more.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 65_536),
]


@pytest_asyncio.fixture(loop_scope="session")
async def own_service(tmp_path: Path) -> AsyncIterator[InProcessService]:
    """A service of one test."""
    async with in_process(tmp_path) as running:
        yield running


def stream(client: Client) -> Stream:
    return Stream(client.service.channel, client.key)


async def test_each_event_is_answered_after_its_commit_and_in_order(client: Client) -> None:
    call = stream(client)
    with stalled(client.service.folder / "tracking.db"):
        for sequence in (7, -3, 7):
            await call.send(sequence, HELLO)
        first = asyncio.create_task(call.answer())
        await until(lambda: client.service.core.services.budget.used > 0)
        assert not first.done()
    answers = [answer for answer in (await first, *await call.end()) if answer is not None]
    assert [(answer.sequence, outcome(answer)) for answer in answers] == [(s, "stored") for s in (7, -3, 7)]
    for answer in answers:
        assert (await read(client.grpc, answer.result.entry_id))["message"] == "hello"


async def test_repeats_and_retries_are_counted_as_they_are_one_by_one(client: Client) -> None:
    call = stream(client)
    event = {"message": "x", "eventId": "1", "useDebounce": {"key": "k"}}
    for sequence, event_id in enumerate(("1", "2", "1", "3")):
        await call.send(sequence, {**event, "eventId": event_id})
    answers = await call.end()
    assert [outcome(answer) for answer in answers] == ["stored", "debounced", "duplicate", "debounced"]
    assert len({answer.result.entry_id for answer in answers}) == 1
    assert answers[-1].result.event_count == 3


async def test_a_bad_event_is_a_result_and_the_stream_goes_on(client: Client) -> None:
    call = stream(client)
    await call.send(1, {})
    await call.send(2, {"message": "x" * 1_048_577})
    await call.send_bytes(b"\xff")
    await call.send_bytes(b"")
    await call.send(5, {"message": "x", "service": "x" * 201})
    await call.send(6, HELLO)
    answers = await call.end()
    assert [(answer.sequence, outcome(answer)) for answer in answers] == [
        (1, "rejected INVALID_MESSAGE"),
        (2, "rejected EVENT_TOO_LARGE"),
        (0, "rejected INVALID_BODY"),
        (0, "rejected INVALID_MESSAGE"),
        (5, "rejected INVALID_FIELD"),
        (6, "stored"),
    ]
    assert answers[4].result.error.field == "service"
    assert all(answer.result.error.description and not answer.result.entry_id for answer in answers[:5])


async def test_an_event_over_the_rate_is_a_result_and_the_stream_goes_on(client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=1)
    call = stream(limited)
    for sequence in (1, 2):
        await call.send(sequence, HELLO)
    accepted, refused = await call.answers(2)
    assert (outcome(accepted), outcome(refused)) == ("stored", "rejected RATE_LIMITED")
    assert refused.sequence == 2
    assert refused.result.error.retry_delay.ToMilliseconds() > 0
    clock.seconds += 1
    await call.send(3, HELLO)
    assert [outcome(answer) for answer in await call.end()] == ["stored"]


async def test_an_event_that_finds_no_room_is_shed_and_the_stream_goes_on(client: Client) -> None:
    budget = client.service.core.services.budget
    call = stream(client)
    budget.reserve(budget.capacity)
    try:
        await call.send(1, HELLO)
        (refused,) = await call.answers(1)
    finally:
        budget.release(budget.capacity)
    assert (refused.sequence, outcome(refused)) == (1, "shed OVERLOADED")
    assert refused.result.error.retry_delay.ToMilliseconds() > 0
    await call.send(2, HELLO)
    assert [outcome(answer) for answer in await call.end()] == ["stored"]


async def test_a_revoked_key_ends_it_once_what_was_read_is_answered(client: Client) -> None:
    other = await client.with_key("ingest")
    call = stream(other)
    await call.send(1, HELLO)
    assert [outcome(answer) for answer in await call.answers(1)] == ["stored"]
    (key,) = [
        key
        for key in await client.service.core.services.administration.list_keys(client.organisation.id)
        if key.scopes == {"ingest"}
    ]
    await client.rest.request("DELETE", f"/keys/{key.id}")
    await call.send(2, HELLO)
    assert await call.failure() == (grpc.StatusCode.UNAUTHENTICATED, Failure("INVALID_API_KEY"))


async def test_a_drain_ends_it_once_what_was_read_is_answered(own_service: InProcessService) -> None:
    client = await own_service.new_client()
    call, idle = stream(client), stream(client)
    await idle.send(1, HELLO)
    assert len(await idle.answers(1)) == 1
    with stalled(own_service.folder / "tracking.db"):
        for sequence in (1, 2):
            await call.send(sequence, HELLO)
        await until(lambda: own_service.core.services.budget.used > 1_024)
        own_service.core.readiness.drain()
    draining = grpc.StatusCode.UNAVAILABLE, Failure("DRAINING", retry=True)
    assert await idle.failure() == draining
    assert [outcome(answer) for answer in await call.answers(2)] == ["stored", "stored"]
    assert await call.failure() == draining


async def test_a_client_that_goes_away_takes_nothing_along_that_was_read(client: Client) -> None:
    call = stream(client)
    with stalled(client.service.folder / "tracking.db"):
        await call.send(1, HELLO)
        await until(lambda: client.service.core.services.budget.used > 0)
        call.hang_up()

    async def is_stored() -> bool:
        return len((await client.rest.request("GET", "/entries")).json()["entries"]) == 1

    await eventually(is_stored)


async def test_a_client_that_does_not_read_is_slowed_down_and_then_gets_every_answer(client: Client) -> None:
    total, most = 12 * MAX_UNDER_WAY, 10 * MAX_UNDER_WAY
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{client.service.grpc_port}", _SMALL_WINDOW)
    call = Stream(channel, client.key)
    sent = 0

    async def send_all() -> None:
        nonlocal sent
        for sequence in range(total):
            await call.send(sequence, HELLO)
            sent += 1

    sending = asyncio.create_task(send_all())
    await until(lambda: sent > MAX_UNDER_WAY)
    before = 0
    while before != sent:
        before = sent
        await asyncio.sleep(_STANDS_STILL_SECONDS)
    assert sent < most
    answers = await call.answers(total)
    await sending
    assert [answer.sequence for answer in answers] == list(range(total))
    assert {outcome(answer) for answer in answers} == {"stored"}
    assert await call.end() == []
    await channel.close()


async def test_the_same_event_is_the_same_entry_through_both_methods(client: Client) -> None:
    event = {
        "message": "x",
        "level": "error",
        "service": "shop",
        "attributes": {"a": [1, None, {"b": "c"}]},
        "traceId": "ab" * 16,
        "eventTime": "2026-11-24T10:00:00Z",
        "sendNotification": False,
    }
    logged = await keep(client.grpc, event)
    call = stream(client)
    await call.send(1, event)
    (answer,) = await call.end()
    one, other = await read(client.grpc, logged.entry_id), await read(client.grpc, answer.result.entry_id)
    own = {"id", "receiveTime", "expireTime"}
    assert {name: one[name] for name in one.keys() - own} == {name: other[name] for name in other.keys() - own}


async def test_every_event_of_a_stream_is_counted_once(own_service: InProcessService) -> None:
    client = await own_service.new_client()
    call = stream(client)
    for event in (HELLO, {}, HELLO):
        await call.send(0, event)
    await call.send_bytes(b"\xff")
    await call.end()
    await Stream(own_service.channel, "trk_0").failure()
    assert await own_service.event_counts() == {
        ("grpc", "info", "stored", ""): 2,
        ("grpc", "", "rejected", "invalid_message"): 1,
        ("grpc", "", "rejected", "invalid_body"): 1,
    }


async def test_a_key_has_no_more_streams_open_than_it_may_and_another_one_has_its_own(client: Client) -> None:
    calls = [stream(client) for _ in range(STREAMS_OF_A_KEY)]
    for call in calls:
        await call.send(1, HELLO)
        assert await call.answer() is not None
    one_too_many = stream(client)
    code, failure = await one_too_many.failure()
    assert (code, failure.code) == (grpc.StatusCode.UNAVAILABLE, "OVERLOADED")
    other = stream(await client.service.new_client())
    await other.send(1, HELLO)
    assert await other.answer() is not None
    for call in (*calls, other):
        await call.end()
    again = stream(client)
    await again.send(1, HELLO)
    assert await again.answer() is not None
    await again.end()
