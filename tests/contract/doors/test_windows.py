"""One window, whichever door its events come through: opened once, counted exactly."""

import asyncio

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, Event, find, keep, keep_all, read
from tests.support.times import seconds_between

pytestmark = IN_SESSION

ON = {"key": "window"}
TIMES = [f"2026-01-01T00:00:0{second}Z" for second in range(10)]


def event(message: str = "hello", **more: object) -> Event:
    """An event of the window of these tests."""
    return {"message": message, "useDebounce": ON, **more}


@pytest.mark.parametrize(("opener", "repeater"), [("rest", "grpc"), ("grpc", "rest")])
async def test_a_window_opened_by_one_door_takes_the_events_of_the_other(
    client: Client, opener: str, repeater: str
) -> None:
    opened = await keep(client.doors[opener], event("first", service="shop", attributes={"n": 1}))
    repeated = await keep(client.doors[repeater], event("second", service="other", attributes={"n": 2}))
    assert opened == ("stored", opened.entry_id, 1)
    assert repeated == ("debounced", opened.entry_id, 2)
    for door in client.doors.values():
        entry = await read(door, opened.entry_id)
        assert (entry["message"], entry["service"], entry["attributes"]) == ("first", "shop", {"n": 1})
        assert (entry["door"], entry["eventCount"]) == (opener, 2)


async def test_an_entry_tells_the_same_through_both_doors(client: Client) -> None:
    opened = await keep(client.rest, event(eventTime=TIMES[5], sendNotification=False))
    await keep(client.grpc, event(eventTime=TIMES[3], attributes={"n": [1, {"a": None}]}, traceId="a" * 32))
    await keep(client.rest, event(eventTime=TIMES[9], spanId="b" * 16))
    over_rest, over_grpc = [await read(door, opened.entry_id) for door in client.doors.values()]
    assert over_rest == over_grpc
    assert over_rest["samples"] == [
        {
            "eventCount": 2,
            "eventTime": TIMES[3],
            "message": "hello",
            "attributes": {"n": [1, {"a": None}]},
            "traceId": "a" * 32,
        },
        {"eventCount": 3, "eventTime": TIMES[9], "message": "hello", "spanId": "b" * 16},
    ]
    times = [over_rest[name] for name in ("eventTime", "firstEventTime", "lastEventTime")]
    assert times == [TIMES[5], TIMES[3], TIMES[9]]


async def test_levels_have_windows_of_their_own(client: Client) -> None:
    levels = ["info", "success", "warning", "error", "critical"]
    for door in client.doors.values():
        for level in levels:
            await keep(door, event(level=level))
    entries = await find(client.rest)
    assert sorted((entry["level"], entry["eventCount"]) for entry in entries) == sorted((level, 2) for level in levels)


async def test_organisations_have_windows_of_their_own(service: InProcessService, client: Client) -> None:
    other = await service.new_client()
    for _ in range(2):
        for door in (client.rest, other.grpc):
            await keep(door, event())
    for door in (client.grpc, other.rest):
        (entry,) = await find(door)
        assert entry["eventCount"] == 2


async def test_the_openers_interval_holds(client: Client) -> None:
    opened = await keep(client.rest, event(useDebounce={**ON, "maxInterval": "1h"}))
    await keep(client.grpc, event(useDebounce={**ON, "maxInterval": "1s"}))
    entry = await read(client.rest, opened.entry_id)
    assert round(seconds_between(entry["receiveTime"], entry["windowEndTime"])) == 3600


async def test_a_window_ends_and_the_next_event_opens_another(client: Client) -> None:
    short = event(useDebounce={**ON, "maxInterval": "1s"})
    begin = asyncio.get_running_loop().time()
    first = await keep(client.rest, short)
    number = 1
    while (logged := await keep(client.grpc, short)).outcome == "debounced":
        number += 1
        assert logged == ("debounced", first.entry_id, number)
        await asyncio.sleep(0.02)
    assert logged == ("stored", logged.entry_id, 1)
    # It never slides: the repeats all along did not prolong it.
    assert 1 <= asyncio.get_running_loop().time() - begin < 5
    assert (await read(client.grpc, first.entry_id))["eventCount"] == number


async def test_times_of_clients_never_move_a_window(client: Client) -> None:
    for time in ("1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "1999-01-01T00:00:00Z"):
        for door in client.doors.values():
            await keep(door, event(eventTime=time))
    (entry,) = await find(client.rest)
    assert entry["eventCount"] == 6
    assert entry["eventTime"] == "1970-01-01T00:00:00Z"
    assert entry["lastEventTime"] == "2200-01-01T00:00:00Z"
    assert round(seconds_between(entry["receiveTime"], entry["windowEndTime"])) == 600


SAMPLED = [2, 3, 10, 100, 1000]


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_the_2nd_3rd_10th_100th_and_1000th_event_are_kept_as_samples(client: Client, name: str) -> None:
    door = client.doors[name]
    events = [event(f"event {number}", attributes={"n": number}) for number in range(1, 1101)]
    opened = await keep(door, events[0])
    for one in events[1:4]:
        await keep(client.rest, one)
    assert await keep_all(door, events[4:600]) == {"stored": 0, "debounced": 596, "duplicate": 0, "rejected": 0}
    await keep_all(client.grpc, events[600:])
    entry = await read(door, opened.entry_id)
    assert entry["eventCount"] == 1100
    told = [(sample["eventCount"], sample["message"], sample["attributes"]) for sample in entry["samples"]]
    assert told == [(number, f"event {number}", {"n": number}) for number in SAMPLED]


REQUESTS = {
    "never said": ([None, None], None),
    "first only": ([True, None], True),
    "asked for later": ([None, True], True),
    "refused first, asked for later": ([False, True], True),
    "asked for first, refused later": ([True, False], True),
    "refused later": ([None, False], False),
    "always refused": ([False, False], False),
}


@pytest.mark.parametrize(("asked", "kept"), REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("doors", [("rest", "grpc"), ("grpc", "rest")], ids=" then ".join)
async def test_a_repeat_adds_its_request_for_a_notification(
    client: Client, doors: tuple[str, str], asked: list[bool | None], kept: bool | None
) -> None:
    first, repeat = [event(sendNotification=send_notification) for send_notification in asked]
    await keep(client.doors[doors[0]], first)
    logged = await keep(client.doors[doors[1]], repeat)
    reason = "not_requested" if kept is False else "no_channel"
    expected = {"decision": "not_sent", "reason": reason} | ({} if kept is None else {"requested": kept})
    assert (await read(client.rest, logged.entry_id))["notification"] == expected


async def test_a_group_is_the_same_through_both_doors_and_at_every_level(client: Client) -> None:
    same = [
        {"message": "order 17 of a@example.com failed", "service": "shop"},
        {"message": "order 4711 of b@example.com failed", "service": "shop", "level": "critical"},
    ]
    for door in client.doors.values():
        for one in same:
            await keep(door, one)
        await keep(door, {**same[0], "service": "other"})
        await keep(door, {**same[0], "fingerprint": "mine"})
    entries = await find(client.rest)
    groups = {(entry.get("service"), entry.get("fingerprint")): entry["groupId"] for entry in entries}
    assert len(entries) == 8
    assert len(set(groups.values())) == 3
    assert all(entry["groupId"] == groups[entry.get("service"), entry.get("fingerprint")] for entry in entries)


async def test_a_storm_through_both_doors_at_once_has_one_opener(client: Client) -> None:
    async def storm(door: DoorClient) -> list[str]:
        return [(await keep(door, event())).outcome for _ in range(25)]

    outcomes = await asyncio.gather(*(storm(door) for door in [*client.doors.values()] * 4))
    flat = [outcome for some in outcomes for outcome in some]
    assert flat.count("stored") == 1
    (entry,) = await find(client.grpc)
    assert entry["eventCount"] == len(flat) == 200
