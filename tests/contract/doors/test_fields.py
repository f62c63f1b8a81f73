"""Every field of an event means the same through every door, alone and in a batch."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.contract.doors.conftest import Way
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import Entry, Event, Failure, as_sent, find

pytestmark = IN_SESSION

TIME = "2026-03-04T05:06:07.123456789Z"
LONGEST = "é" * 200
EVERYTHING: Event = {
    "message": "Payment callback failed\0: missing transId (orderId=25000233) 🎉",
    "level": "error",
    "sendNotification": True,
    "eventId": "event-1",
    "eventTime": TIME,
    "service": "checkout",
    "component": "payments",
    "code": "PAY-17",
    "environment": "production",
    "release": "1.2.3",
    "traceId": "0AF7651916CD43DD8448EB211C80319C",
    "spanId": "B7AD6B7169203331",
    "fingerprint": "payment-callback",
    "attributes": {
        "orderId": 25000233,
        "negative": -1,
        "half": 0.5,
        "flag": True,
        "nothing": None,
        "text": "ünïcödé\0",
        "list": [1, "two", None, [False]],
        "nested": {"a.b": {"$c": "", "": "empty name"}, "_id": 5},
        "empty object": {},
        "empty list": [],
    },
}


async def only_entry(way: Way) -> Entry:
    """The only entry of this test's organisation."""
    (entry,) = await find(way.door)
    return entry


async def test_every_field_comes_back_as_it_was_sent(way: Way) -> None:
    assert await way.send(EVERYTHING) == "stored"
    entry = await only_entry(way)
    assert entry["door"] == way.door.name
    told = as_sent(entry)
    assert len(told.pop("groupId")) == 32
    assert told.pop("organisation").startswith("org-")
    assert told == {
        "message": EVERYTHING["message"],
        "level": "error",
        "eventCount": 1,
        "eventTime": TIME,
        "firstEventTime": TIME,
        "lastEventTime": TIME,
        "service": "checkout",
        "component": "payments",
        "code": "PAY-17",
        "environment": "production",
        "release": "1.2.3",
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "eventId": "event-1",
        "fingerprint": "payment-callback",
        "attributes": EVERYTHING["attributes"],
        "notification": {"requested": True, "decision": "not_sent", "reason": "no_channel"},
    }


async def test_a_message_is_enough(way: Way) -> None:
    assert await way.send({"message": "hello"}) == "stored"
    entry = await only_entry(way)
    assert entry["eventTime"] == entry["receiveTime"] == entry["firstEventTime"] == entry["lastEventTime"]
    assert entry.keys() == {
        "id",
        "organisation",
        "level",
        "message",
        "eventCount",
        "eventTime",
        "receiveTime",
        "firstEventTime",
        "lastEventTime",
        "expireTime",
        "door",
        "groupId",
        "notification",
    }
    assert entry["level"] == "info"
    assert entry["notification"] == {"decision": "not_sent", "reason": "no_channel"}


async def test_a_field_that_is_null_or_empty_is_absent(way: Way) -> None:
    absent = dict.fromkeys(set(EVERYTHING) - {"message"})
    empty: Event = {"service": "", "component": "", "code": "", "environment": "", "release": "", "attributes": {}}
    assert await way.send({"message": "hello", **absent, "useDebounce": None}) == "stored"
    assert await way.send({"message": "hello", **empty}) == "stored"
    assert await way.send({"message": "hello"}) == "stored"
    entries = [as_sent(entry) for entry in await find(way.door)]
    for entry in entries:
        del entry["eventTime"], entry["firstEventTime"], entry["lastEventTime"]
    assert entries[0] == entries[1] == entries[2]


@pytest.mark.parametrize("level", ["info", "success", "warning", "error", "critical"])
async def test_a_level_is_kept(way: Way, level: str) -> None:
    assert await way.send({"message": "hello", "level": level}) == "stored"
    assert (await only_entry(way))["level"] == level


@pytest.mark.parametrize("send_notification", [True, False])
async def test_whether_a_notification_was_asked_for_is_kept(way: Way, send_notification: bool) -> None:
    assert await way.send({"message": "hello", "sendNotification": send_notification}) == "stored"
    reason = "no_channel" if send_notification else "not_requested"
    expected = {"requested": send_notification, "decision": "not_sent", "reason": reason}
    assert (await only_entry(way))["notification"] == expected


TIMES = {
    "2026-03-04T05:06:07Z": "2026-03-04T05:06:07Z",
    "2026-03-04t05:06:07.5z": "2026-03-04T05:06:07.500Z",
    "2026-03-04T05:06:07.000000001+02:30": "2026-03-04T02:36:07.000000001Z",
    "1969-12-31T23:59:59.999999999Z": "1969-12-31T23:59:59.999999999Z",
    "1677-09-21T00:12:43.145224192Z": "1677-09-21T00:12:43.145224192Z",
    "2262-04-11T23:47:16.854775807Z": "2262-04-11T23:47:16.854775807Z",
}


@pytest.mark.parametrize(("sent", "kept"), TIMES.items(), ids=TIMES.keys())
async def test_a_time_is_kept_to_the_nanosecond(way: Way, sent: str, kept: str) -> None:
    assert await way.send({"message": "hello", "eventTime": sent}) == "stored"
    entry = await only_entry(way)
    assert entry["eventTime"] == entry["firstEventTime"] == entry["lastEventTime"] == kept


@pytest.mark.parametrize("message", [".", " x ", "\0", "0", "\u200b", "true", "x" * 100_000, "\u202e\ufeff"])
async def test_a_message_with_one_visible_character_is_kept_whole(way: Way, message: str) -> None:
    assert await way.send({"message": message}) == "stored"
    assert (await only_entry(way))["message"] == message


TEXTS = ["service", "component", "code", "environment", "release", "fingerprint", "eventId"]


@pytest.mark.parametrize("field", TEXTS)
async def test_a_text_of_200_characters_is_kept(way: Way, field: str) -> None:
    assert await way.send({"message": "hello", field: LONGEST}) == "stored"


WRONG: dict[str, tuple[Event, Failure]] = {
    "no message": ({}, Failure("INVALID_MESSAGE", "message")),
    "empty message": ({"message": ""}, Failure("INVALID_MESSAGE", "message")),
    "white space": ({"message": " \t\r\n\u3000"}, Failure("INVALID_MESSAGE", "message")),
    "service too long": ({"service": LONGEST + "é"}, Failure("INVALID_FIELD", "service")),
    "component too long": ({"component": LONGEST + "é"}, Failure("INVALID_FIELD", "component")),
    "code too long": ({"code": LONGEST + "é"}, Failure("INVALID_FIELD", "code")),
    "environment too long": ({"environment": LONGEST + "é"}, Failure("INVALID_FIELD", "environment")),
    "release too long": ({"release": LONGEST + "é"}, Failure("INVALID_FIELD", "release")),
    "fingerprint too long": ({"fingerprint": LONGEST + "é"}, Failure("INVALID_FIELD", "fingerprint")),
    "event id too long": ({"eventId": LONGEST + "é"}, Failure("INVALID_EVENT_ID", "eventId")),
}


@pytest.mark.parametrize(("fields", "failure"), WRONG.values(), ids=WRONG.keys())
async def test_a_field_that_cannot_be_is_refused_by_its_name(way: Way, fields: Event, failure: Failure) -> None:
    event = fields if failure.field == "message" else {"message": "hello", **fields}
    assert await way.send(event) == failure
    assert await find(way.door) == []
    assert await way.send({"message": "the next one"}) == "stored"


PERIODS = {"info": 14, "success": 30, "warning": 60, "error": 180, "critical": 365}


@pytest.mark.parametrize(("level", "days"), PERIODS.items(), ids=PERIODS.keys())
async def test_an_entry_expires_after_the_period_of_its_level(way: Way, level: str, days: int) -> None:
    await way.send({"message": "hello", "level": level, "eventTime": "1999-01-01T00:00:00Z"})
    entry = await only_entry(way)
    received, expires = (datetime.fromisoformat(entry[name]) for name in ("receiveTime", "expireTime"))
    assert expires - received == timedelta(days=days)


async def test_the_same_event_is_the_same_entry_through_both_doors_and_read_through_both(client: Client) -> None:
    ways = [client.rest.log, client.grpc.log]
    for log in ways:
        await log({**EVERYTHING, "eventId": None})
    seen: list[Any] = [as_sent(entry) for door in client.doors.values() for entry in await find(door)]
    assert len(seen) == 4
    assert all(entry == seen[0] for entry in seen)
