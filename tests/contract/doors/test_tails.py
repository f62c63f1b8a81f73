"""Live tails: what is stored is told at once, in order, to those who may see it and asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, TypeAlias

import pytest

from server.core.tails import HEARTBEAT_SECONDS, TAILS_OF_A_KEY
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, Failure, find, keep, keep_all
from tests.support.tails import Refused, TailReader, grpc_tail, rest_tail
from tests.support.waiting import until

pytestmark = IN_SESSION

Open: TypeAlias = Callable[..., AbstractAsyncContextManager[TailReader]]


def opener(client: Client, name: str) -> Open:
    @asynccontextmanager
    async def opened(**asked: Any) -> AsyncIterator[TailReader]:
        service = client.service
        way = rest_tail(service.http, client.key, **asked)
        if name == "grpc":
            way = grpc_tail(service.channel, client.key, **asked)
        async with way as reader:
            assert (await reader.next()).kind == "heartbeat" if not asked.get("after") else True
            yield reader

    return opened


@pytest.fixture(params=["rest", "grpc"])
def tail(request: pytest.FixtureRequest, client: Client) -> Open:
    """Opens a tail through a door; it follows once it is open, unless it begins with what was missed."""
    return opener(client, request.param)


async def test_an_entry_is_told_within_a_second_just_as_a_list_shows_it(tail: Open, client: Client) -> None:
    event = {
        "message": "hello",
        "level": "error",
        "service": "s",
        "traceId": "0" * 31 + "1",
        "attributes": {"a": {"b": [1, None]}},
        "eventId": "e",
        "useDebounce": {"key": "k", "maxInterval": "1h"},
    }
    async with tail() as reader:
        for door in client.doors.values():
            await keep(door, {**event, "eventId": door.name, "useDebounce": {"key": door.name}})
            async with asyncio.timeout(1):
                entry = await reader.entry()
            [listed] = await find(door, {"debounceKey": door.name})
            assert entry == listed


async def test_entries_are_told_in_the_order_of_their_commits(tail: Open, client: Client) -> None:
    sent = [f"{number}" for number in range(300)]
    async with tail() as reader:
        for message in sent[:20]:
            await keep(client.rest, {"message": message})
        assert await reader.messages(20) == sent[:20]
        await keep_all(client.grpc, [{"message": message} for message in sent[20:]])
        assert sorted(await reader.messages(280), key=int) == sent[20:]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"level": "error,critical"}, ["b"]),
        ({"service": "checkout"}, ["a", "b"]),
        ({"attribute.n": "1"}, ["a"]),
        ({"query": "level:>=warning -c"}, ["b"]),
        ({"q": "A"}, ["a"]),
    ],
    ids=str,
)
async def test_a_filter_means_what_it_means_in_a_list(
    tail: Open, client: Client, filters: dict[str, str], expected: list[str]
) -> None:
    async with tail(filters=filters) as reader:
        for event in (
            {"message": "a", "service": "checkout", "attributes": {"n": 1}},
            {"message": "b", "service": "checkout", "level": "error"},
            {"message": "c", "level": "warning"},
        ):
            await keep(client.rest, event)
        assert await reader.messages(len(expected)) == expected
        last = {"message": "a b", "service": "checkout", "level": "critical", "attributes": {"n": 1}}
        await keep(client.rest, last)
        assert await reader.messages(1) == ["a b"]


async def test_a_tail_sees_its_organisation_alone(tail: Open, client: Client, service: InProcessService) -> None:
    other = await service.new_client()
    async with tail() as reader:
        for door in other.doors.values():
            await keep(door, {"message": "foreign"})
        await keep(client.rest, {"message": "own"})
        assert await reader.messages(1) == ["own"]


async def test_repeats_are_told_with_the_count_by_now_and_not_one_by_one(tail: Open, client: Client) -> None:
    event = {"message": "again", "useDebounce": {"key": "repeats"}}
    async with tail() as reader:
        await keep(client.rest, event)
        entry = await reader.entry()
        for _ in range(5):
            await keep_all(client.grpc, [event] * 10)
        told = 0
        while (repeat := await reader.news()).value["eventCount"] < 51:
            told += 1
        assert repeat.kind == "repeat"
        assert repeat.value["id"] == entry["id"]
        assert told < 5
        [listed] = await find(client.rest, {"debounceKey": "repeats"})
        assert repeat.value == listed


async def test_who_comes_back_is_told_what_came_meanwhile(tail: Open, client: Client) -> None:
    async with tail() as reader:
        await keep(client.rest, {"message": "one"})
        assert await reader.messages(1) == ["one"]
    for message in ("two", "three"):
        await keep(client.rest, {"message": message})
    async with tail(after=reader.position) as reader:
        assert await reader.messages(2) == ["two", "three"]
        await keep(client.rest, {"message": "four"})
        assert await reader.messages(1) == ["four"]
    async with tail(after=reader.position) as reader:
        assert (await reader.next()).kind == "heartbeat"


async def test_who_comes_back_to_a_tail_of_other_filters_is_told_what_these_choose(tail: Open, client: Client) -> None:
    async with tail() as reader:
        position = reader.position
    await keep_all(client.rest, [{"message": f"{number}", "code": f"{number % 7}"} for number in range(700)])
    async with tail(after=position, filters={"code": "3"}) as reader:
        assert len(set(await reader.messages(100))) == 100


@pytest.mark.parametrize("position", ["nonsense", "82" * 20, "0", "f" * 30, "x" * 5_000], ids=lambda text: text[:8])
async def test_who_comes_back_from_a_place_that_nobody_knows_is_told_of_a_gap(
    tail: Open, client: Client, position: str
) -> None:
    async with tail(after=position) as reader:
        assert (await reader.next())[::2] == ("lost", None)
        await keep(client.rest, {"message": "on"})
        assert await reader.messages(1) == ["on"]


async def test_a_position_may_stand_in_a_parameter(client: Client) -> None:
    async with rest_tail(client.service.http, client.key) as reader:
        await reader.next()
    await keep(client.rest, {"message": "meanwhile"})
    async with rest_tail(client.service.http, client.key, lastEventId=reader.position) as again:
        assert await again.messages(1) == ["meanwhile"]


async def test_a_quiet_tail_has_a_heartbeat_with_its_place(
    tail: Open, client: Client, service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HEARTBEAT_SECONDS == 15
    monkeypatch.setattr(service.core.services.tails, "heartbeat_seconds", 0.05)
    async with tail() as reader:
        beats = [await reader.next() for _ in range(3)]
        assert {beat.kind for beat in beats} == {"heartbeat"}
        await keep(client.rest, {"message": "on"})
        assert await reader.messages(1) == ["on"]


async def test_a_key_that_is_revoked_ends_its_tail(
    tail: Open, client: Client, service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.core.services.tails, "heartbeat_seconds", 0.05)
    async with tail() as reader:
        administration = service.core.services.administration
        [key] = await administration.list_keys(client.organisation.id)
        await administration.revoke_key(key.id, client.organisation.id)
        service.core.services.admission.forget(key.id)
        end = await reader.news()
        assert (end.kind, end.value["code"]) == ("end", "INVALID_API_KEY")


@pytest.mark.parametrize(
    ("filters", "failure"),
    [
        ({"traceId": "loud"}, Failure("INVALID_FILTER", "traceId")),
        ({"query": "level:"}, Failure("INVALID_FILTER", "query")),
    ],
    ids=str,
)
async def test_a_filter_that_cannot_be_is_refused(
    door: DoorClient, client: Client, filters: dict[str, str], failure: Failure
) -> None:
    with pytest.raises(Refused) as refused:
        async with opener(client, door.name)(filters=filters):
            pass
    assert refused.value.failure == failure


async def test_a_key_that_may_not_read_is_refused(door: DoorClient, client: Client) -> None:
    other = await client.with_key("ingest")
    with pytest.raises(Refused) as refused:
        async with opener(other, door.name)():
            pass
    assert refused.value.failure.code == "INSUFFICIENT_SCOPE"


async def test_a_key_has_so_many_tails_and_each_is_given_back(
    door: DoorClient, client: Client, service: InProcessService
) -> None:
    tails = service.core.services.tails
    await until(lambda: tails.count == 0)
    tail = opener(client, door.name)
    async with AsyncExitStack() as stack:
        for _ in range(TAILS_OF_A_KEY):
            await stack.enter_async_context(tail())
        with pytest.raises(Refused) as refused:
            async with tail():
                pass
        assert refused.value.failure == Failure("OVERLOADED", retry=True)
        assert tails.count == TAILS_OF_A_KEY
        other = await service.new_client()
        async with opener(other, door.name)():
            assert tails.count == TAILS_OF_A_KEY + 1
            text = (await service.http.get("/metrics")).text
            assert f"tracking_tails {TAILS_OF_A_KEY + 1}.0" in text
    await until(lambda: tails.count == 0)
    async with tail():
        pass
