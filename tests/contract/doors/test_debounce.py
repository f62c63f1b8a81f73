"""What a client may ask for when it asks for debouncing."""

from typing import Any

import pytest

from tests.contract.doors.conftest import Way
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import Entry, Failure, find, keep, read
from tests.support.times import seconds_between

pytestmark = IN_SESSION

NO_KEY = Failure("INVALID_DEBOUNCE_KEY", "useDebounce.key")
NO_INTERVAL = Failure("INVALID_DEBOUNCE_INTERVAL", "useDebounce.maxInterval")
HELLO = {"message": "hello"}


def window_seconds(entry: Entry) -> float:
    """The length of an entry's window, to a tenth: it begins a moment after the event was received."""
    return round(seconds_between(entry["receiveTime"], entry["windowEndTime"]), 1)


@pytest.mark.parametrize("off", [{}, {"useDebounce": None}, {"useDebounce": False}], ids=str)
async def test_without_debouncing_every_event_is_an_entry(way: Way, off: dict[str, Any]) -> None:
    assert [await way.send({**HELLO, **off}) for _ in range(2)] == ["stored", "stored"]
    for entry in await find(way.door):
        assert entry["eventCount"] == 1
        assert entry.keys().isdisjoint({"debounceKey", "windowEndTime", "samples"})


@pytest.mark.parametrize("on", [True, {}, {"key": None, "maxInterval": None}], ids=str)
async def test_debouncing_without_more_folds_what_has_one_fingerprint_for_ten_minutes(way: Way, on: Any) -> None:
    for order in range(3):
        outcome = await way.send({"message": f"order {order} failed", "service": "shop", "useDebounce": on})
        assert outcome == ("debounced" if order else "stored")
    assert await way.send({"message": "order 1 failed", "service": "other", "useDebounce": on}) == "stored"
    other, entry = await find(way.door)
    assert entry["message"] == "order 0 failed"
    assert entry["eventCount"] == 3
    assert entry["debounceKey"] == entry["groupId"] != other["groupId"]
    assert window_seconds(entry) == 600


async def test_the_clients_own_fingerprint_is_the_default_key(way: Way) -> None:
    for message in ("one", "two"):
        await way.send({"message": message, "fingerprint": "same", "useDebounce": True})
    (entry,) = await find(way.door)
    assert (entry["message"], entry["eventCount"]) == ("one", 2)


@pytest.mark.parametrize("name", ["key", "customKey"])
async def test_a_key_folds_whatever_is_sent_under_it(way: Way, name: str) -> None:
    for message in ("one", "two"):
        await way.send({"message": message, "useDebounce": {name: "é" * 200}})
    assert await way.send({"message": "one", "useDebounce": {name: "other"}}) == "stored"
    _, entry = await find(way.door)
    assert (entry["message"], entry["eventCount"], entry["debounceKey"]) == ("one", 2, "é" * 200)


INTERVALS: dict[Any, float] = {
    10: 600,
    1.5: 90,
    "10": 600,
    "10m": 600,
    "90s": 90,
    "1h 30m": 5400,
    "30M1H": 5400,
    "2 min": 120,
    "1 hr": 3600,
    "1d": 86_400,
    1440: 86_400,
    "1s": 1,
    1 / 60: 1,
    0.05: 3,
}


@pytest.mark.parametrize(("interval", "seconds"), INTERVALS.items(), ids=map(repr, INTERVALS))
async def test_an_interval_is_the_length_of_the_window(way: Way, interval: Any, seconds: float) -> None:
    assert await way.send({**HELLO, "useDebounce": {"maxInterval": interval}}) == "stored"
    (entry,) = await find(way.door)
    assert window_seconds(entry) == seconds


@pytest.mark.parametrize("interval", [0, -1, 0.016, 1440.0001, "0s", "86401s", "25h", "1d 1s"])
async def test_an_interval_outside_a_second_to_a_day_is_refused(way: Way, interval: Any) -> None:
    assert await way.send({**HELLO, "useDebounce": {"maxInterval": interval}}) == NO_INTERVAL
    assert await find(way.door) == []


async def test_a_key_that_is_too_long_is_refused(way: Way) -> None:
    assert await way.send({**HELLO, "useDebounce": {"key": "é" * 201}}) == NO_KEY
    assert await find(way.door) == []


WRONG: dict[str, tuple[Any, Failure]] = {
    "text": ("yes", Failure("INVALID_DEBOUNCE", "useDebounce")),
    "number": (1, Failure("INVALID_DEBOUNCE", "useDebounce")),
    "list": ([], Failure("INVALID_DEBOUNCE", "useDebounce")),
    "unknown member": ({"maxinterval": "1m"}, Failure("INVALID_DEBOUNCE", "useDebounce.maxinterval")),
    "empty key": ({"key": ""}, NO_KEY),
    "key that is no text": ({"key": 5}, NO_KEY),
    "two keys": ({"key": "a", "customKey": "b"}, Failure("INVALID_DEBOUNCE_KEY", "useDebounce.customKey")),
    "bad custom key": ({"customKey": []}, Failure("INVALID_DEBOUNCE_KEY", "useDebounce.customKey")),
    "interval that is none": ({"maxInterval": "soon"}, NO_INTERVAL),
    "empty interval": ({"maxInterval": ""}, NO_INTERVAL),
    "unit twice": ({"maxInterval": "1m 1min"}, NO_INTERVAL),
    "fraction in text": ({"maxInterval": "1.5h"}, NO_INTERVAL),
    "negative text": ({"maxInterval": "-5m"}, NO_INTERVAL),
    "unknown unit": ({"maxInterval": "1w"}, NO_INTERVAL),
    "boolean interval": ({"maxInterval": True}, NO_INTERVAL),
    "list interval": ({"maxInterval": [10]}, NO_INTERVAL),
    "huge interval": ({"maxInterval": 1e300}, NO_INTERVAL),
    "integer beyond 64 bits": ({"maxInterval": 2**64}, NO_INTERVAL),
}


@pytest.mark.parametrize(("asked", "failure"), WRONG.values(), ids=WRONG.keys())
async def test_what_only_json_can_get_wrong_is_refused_by_its_name(
    client: Client, asked: Any, failure: Failure
) -> None:
    event = {**HELLO, "useDebounce": asked}
    assert await client.rest.log(event) == failure
    for door in (client.rest, client.rest_lines):
        logged = await door.log_batch([event])
        assert not isinstance(logged, Failure)
        assert logged.errors == {0: failure}
    assert await find(client.rest) == []


async def test_both_names_of_the_key_may_say_the_same(client: Client) -> None:
    logged = await keep(client.rest, {**HELLO, "useDebounce": {"key": "a", "customKey": "a", "unknown": None}})
    assert (await read(client.rest, logged.entry_id))["debounceKey"] == "a"


async def test_what_repeats_carry_is_kept_in_the_samples_and_only_counted_elsewhere(way: Way) -> None:
    for number in range(1, 6):
        event = {"message": f"no {number}", "attributes": {"number": number, "a\0b": [1.5, {"é": None}]}}
        await way.send({**event, "useDebounce": {"key": "storm"}})
    (entry,) = await find(way.door)
    assert entry["eventCount"] == 5
    kept = [entry, *entry["samples"]]
    assert [(one["message"], one["attributes"]["number"]) for one in kept] == [("no 1", 1), ("no 2", 2), ("no 3", 3)]
    assert all(one["attributes"]["a\ufffdb"] == [1.5, {"é": None}] for one in kept)
    assert entry["warnings"] == ["nul_in_key"]


@pytest.mark.parametrize(
    ("event", "attributes"),
    [
        ({"message": '{"from": "message", "sent": 0}', "attributes": {"sent": 1}}, {"from": "message", "sent": 1}),
        (
            {"message": "bad id", "traceId": "bad", "attributes": {"traceId": 1}},
            {"traceId": 1, "traceId_": "bad"},
        ),
    ],
    ids=["a message that is JSON", "a bad trace id"],
)
async def test_attributes_are_the_same_with_debouncing(way: Way, event: Any, attributes: Any) -> None:
    await way.send({**event, "useDebounce": {"key": "the same"}})
    (entry,) = await find(way.door)
    assert entry["attributes"] == attributes
