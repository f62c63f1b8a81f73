"""The same event sent again, through whichever door, is a duplicate of the first."""

import asyncio

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import find, keep, keep_all, read

pytestmark = IN_SESSION

EVENT = {"message": "hello", "eventId": "e-1"}
OTHERS = [("rest", "grpc"), ("grpc", "rest"), ("rest", "rest"), ("grpc", "grpc")]


@pytest.mark.parametrize(("first", "again"), OTHERS, ids=map(" then ".join, OTHERS))
async def test_an_event_that_is_sent_again_is_a_duplicate_of_the_same_entry(
    client: Client, first: str, again: str
) -> None:
    stored = await keep(client.doors[first], EVENT)
    assert stored == ("stored", stored.entry_id, 1)
    assert await keep(client.doors[again], EVENT) == ("duplicate", stored.entry_id, 1)
    assert await keep(client.doors[again], {"message": "other", "eventId": "e-1"}) == ("duplicate", stored.entry_id, 1)
    assert await keep_all(client.doors[again], [EVENT, EVENT]) == _counts(duplicate=2)
    (entry,) = await find(client.doors[again])
    assert (entry["message"], entry["eventCount"], entry["door"]) == ("hello", 1, first)


@pytest.mark.parametrize(("first", "again"), OTHERS, ids=map(" then ".join, OTHERS))
async def test_a_repeat_that_is_sent_again_does_not_count_again(client: Client, first: str, again: str) -> None:
    window = {"message": "hello", "useDebounce": {"key": "k"}}
    opened = await keep(client.doors[first], {**window, "eventId": "opener"})
    assert await keep(client.doors[first], {**window, "eventId": "repeat"}) == ("debounced", opened.entry_id, 2)
    assert await keep(client.doors[again], {**window, "eventId": "repeat"}) == ("duplicate", opened.entry_id, 2)
    assert await keep(client.doors[again], {**window, "eventId": "opener"}) == ("duplicate", opened.entry_id, 2)
    # Not even outside of the window it was counted in.
    assert await keep(client.doors[again], {"message": "x", "eventId": "repeat"}) == ("duplicate", opened.entry_id, 2)


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_of_one_id_within_a_batch_the_first_event_is_kept(client: Client, name: str) -> None:
    events = [{"message": f"event {number}", "eventId": f"e-{number % 3}"} for number in range(9)]
    assert await keep_all(client.doors[name], events) == _counts(stored=3, duplicate=6)
    assert sorted(entry["message"] for entry in await find(client.rest)) == ["event 0", "event 1", "event 2"]


async def test_one_event_sent_through_both_doors_at_once_is_kept_once(client: Client) -> None:
    sent = await asyncio.gather(*(keep(door, EVENT) for door in [*client.doors.values()] * 20))
    assert sorted(logged.outcome for logged in sent) == ["duplicate"] * 39 + ["stored"]
    assert len({logged.entry_id for logged in sent}) == 1


async def test_ids_of_two_organisations_never_collide(service: InProcessService, client: Client) -> None:
    other = await service.new_client()
    for door in (client.rest, other.grpc):
        assert (await keep(door, EVENT)).outcome == "stored"


async def test_ids_that_differ_in_anything_are_different(client: Client) -> None:
    for event_id in ("e", "E", "e ", " e", "e\0", "é", "e\u0301"):
        assert (await keep(client.grpc, {"message": "x", "eventId": event_id})).outcome == "stored"
        assert (await keep(client.rest, {"message": "x", "eventId": event_id})).outcome == "duplicate"


IDEMPOTENCY = {"plain": "K-1", "quoted": '"K-1"'}


@pytest.mark.parametrize("field", IDEMPOTENCY.values(), ids=IDEMPOTENCY.keys())
async def test_an_idempotency_key_is_an_event_id(client: Client, field: str) -> None:
    answers = [
        await client.rest.request("POST", "/log", json={"message": "x"}, headers={"Idempotency-Key": field})
        for _ in range(2)
    ]
    assert [answer.headers["Tracking-Outcome"] for answer in answers] == ["stored", "duplicate"]
    again = await keep(client.grpc, {"message": "x", "eventId": "K-1"})
    assert again == ("duplicate", answers[0].headers["Tracking-Entry-Id"], 1)
    entry = await read(client.rest, again.entry_id)
    assert entry["eventId"] == "K-1"


async def test_an_event_id_and_an_idempotency_key_must_agree(client: Client) -> None:
    async def send(event_id: str | None) -> int:
        event = {"message": "x", "eventId": event_id}
        answer = await client.rest.request("POST", "/log", json=event, headers={"Idempotency-Key": "K"})
        if answer.status_code != 200:
            assert answer.json()["error"]["code"] == "INVALID_EVENT_ID"
            assert answer.json()["error"]["field"] == "eventId"
        return answer.status_code

    assert [await send(event_id) for event_id in ("K", None, "L")] == [200, 200, 422]
    assert len(await find(client.rest)) == 1


@pytest.mark.parametrize("key", ["", '""', "k" * 201, "\udcff", '"\udcff"'], ids=ascii)
async def test_an_idempotency_key_that_cannot_be_an_id_is_refused(client: Client, key: str) -> None:
    raw = [
        (b"Idempotency-Key", key.encode("utf-8", "surrogateescape")),
        (b"Authorization", f"Bearer {client.key}".encode()),
    ]
    answer = await client.service.http.post("/api/v1/tracking/log", json={"message": "x"}, headers=raw)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "INVALID_EVENT_ID"
    assert answer.json()["error"]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["K", '"K"'], ids=["plain", "quoted"])
@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
async def test_an_idempotency_key_of_a_batch_gives_each_item_an_id(client: Client, lines: bool, key: str) -> None:
    bodies = [b'{"message":"0"}', b'{"message":"1","eventId":"own"}', b'{"message":"2","eventId":null}', b"{}"]
    body = b"\n \n".join(bodies) if lines else b"[" + b",".join(bodies) + b"]"
    media_type = "application/x-ndjson" if lines else "application/json"
    headers = {"Idempotency-Key": key, "Content-Type": media_type}
    for outcome in ("stored", "duplicate"):
        answer = await client.rest.request("POST", "/log/batch", content=body, headers=headers)
        assert answer.json()[outcome] == 3
        assert [error["index"] for error in answer.json()["errors"]] == [3]
    for event_id in ("K:0", "own", "K:2"):
        assert (await keep(client.grpc, {"message": "x", "eventId": event_id})).outcome == "duplicate"
    assert (await keep(client.grpc, {"message": "x", "eventId": "K:1"})).outcome == "stored"


def _counts(**outcomes: int) -> dict[str, int]:
    return {"stored": 0, "debounced": 0, "duplicate": 0, "rejected": 0, **outcomes}
