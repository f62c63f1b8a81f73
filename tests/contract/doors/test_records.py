"""What only OTLP brings reads the same through every door, and exceptions are grouped whichever way they come."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from server.core.model import ApiKey, Door, Level, LogEvent, Receipt, RecordDetails
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import Event, keep, read

pytestmark = IN_SESSION

RECORD = RecordDetails(
    body=b'{"order":{"id":25000233},"empty":{},"list":[1,null,1.5,true]}',
    severity_number=17,
    severity_text="ERROR",
    event_name="order.failed",
    flags=1,
    dropped_attributes_count=3,
    resource=b'{"attributes":{"service.name":"shop","n":9007199254740993},"schemaUrl":"s","droppedAttributesCount":2}',
    scope=b'{"name":"lib","version":"1","attributes":{"a.b":[]},"schemaUrl":"t","droppedAttributesCount":4}',
)
SHOWN = {
    "body": {"order": {"id": 25000233}, "empty": {}, "list": [1, None, 1.5, True]},
    "severityNumber": 17,
    "severityText": "ERROR",
    "eventName": "order.failed",
    "flags": 1,
    "droppedAttributesCount": 3,
    "resource": {
        "attributes": {"service.name": "shop", "n": 9007199254740993},
        "schemaUrl": "s",
        "droppedAttributesCount": 2,
    },
    "scope": {
        "name": "lib",
        "version": "1",
        "attributes": {"a.b": []},
        "schemaUrl": "t",
        "droppedAttributesCount": 4,
    },
}


async def log(client: Client, events: Sequence[LogEvent], *, digest: bytes | None = None) -> list[Receipt]:
    """Events as a receiver of OTLP hands them over."""
    key = ApiKey(
        id="k",
        organisation_id=client.organisation.id,
        organisation=client.organisation.name,
        kind="server",
        scopes=frozenset({"ingest"}),
    )
    answers = await client.service.core.services.ingest.log_batch(key, Door.OTLP_GRPC, events, digest=digest)
    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    assert len(receipts) == len(events)
    return receipts


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (RECORD, SHOWN),
        (RecordDetails(), {}),
        (RecordDetails(body=b"{}"), {"body": {}}),
        (RecordDetails(body=b"[]"), {"body": []}),
        (RecordDetails(body=b"0"), {"body": 0}),
        (RecordDetails(body=b"false"), {"body": False}),
        (RecordDetails(resource=b'{"schemaUrl":"s"}'), {"resource": {"schemaUrl": "s"}}),
        (RecordDetails(scope=b'{"name":"lib"}'), {"scope": {"name": "lib"}}),
    ],
)
async def test_a_record_reads_the_same_through_every_door(
    client: Client, record: RecordDetails, shown: dict[str, Any]
) -> None:
    [receipt] = await log(client, [LogEvent(message="", level=Level.ERROR, record=record)])
    entries = [await read(door, receipt.entry_id) for door in client.doors.values()]
    assert entries[0] == entries[1]
    assert {name: value for name, value in entries[0].items() if name in SHOWN} == shown
    assert (entries[0]["door"], entries[0]["message"]) == ("otlp_grpc", "")


async def test_the_same_request_twice_is_counted_once(client: Client) -> None:
    events = [LogEvent(message="same", event_time=1), LogEvent(message="same", event_time=1)]
    first, again = await log(client, events, digest=b"d"), await log(client, events, digest=b"d")
    other, none = await log(client, events, digest=b"e"), await log(client, events)
    outcomes = [receipt.outcome for receipts in (first, again, other, none) for receipt in receipts]
    assert outcomes == ["stored"] * 2 + ["duplicate"] * 2 + ["stored"] * 4
    # An event id can be any text, and is never a request.
    with_id = await log(client, [LogEvent(message="same", event_id=name) for name in ("request/d", "d")])
    assert [receipt.outcome for receipt in with_id] == ["stored"] * 2


class Watched(list[LogEvent]):
    """Notes, when the last event is asked for, how often others had had a turn."""

    turns = 0
    turns_before_the_last = 0

    def __iter__(self) -> Iterator[LogEvent]:
        yield from self[:-1]
        self.turns_before_the_last = self.turns
        yield self[-1]

    async def count_turns(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.turns += 1


async def test_a_large_request_lets_others_have_a_turn_while_it_is_prepared(client: Client) -> None:
    events = Watched(LogEvent(message=f"{n}", event_time=n) for n in range(2_001))
    counting = asyncio.create_task(events.count_turns())
    receipts = await log(client, events, digest=b"large")
    counting.cancel()
    assert 3 <= events.turns_before_the_last <= 5
    assert len({receipt.entry_id for receipt in receipts}) == 2_001


FRAMES = 'Traceback (most recent call last):\n  File "/app/pay.py", line {}, in pay\nValueError: {}\n'


def exception(number: int, **more: object) -> Event:
    attributes = {"exception.type": "ValueError", "exception.stacktrace": FRAMES.format(number, "x" * number)}
    return {"message": f"failed {'y' * number}", "attributes": attributes, **more}


async def test_exceptions_are_one_group_through_every_door_and_one_window(client: Client) -> None:
    kept = [
        await keep(client.doors[name], exception(n, useDebounce=True)) for n, name in enumerate(("rest", "grpc"), 1)
    ]
    assert [one.outcome for one in kept] == ["stored", "debounced"]
    plain = await keep(client.grpc, exception(3))
    keyed = await keep(client.grpc, exception(4, useDebounce={"key": "own"}))
    entries = [await read(client.rest, one.entry_id) for one in (kept[0], plain, keyed)]
    (group,) = {entry["groupId"] for entry in entries}
    assert entries[0]["debounceKey"] == group
    other = await keep(client.rest, {"message": "failed y", "attributes": {"exception.type": "KeyError"}})
    assert (await read(client.rest, other.entry_id))["groupId"] != group


async def test_a_client_that_goes_away_before_its_events_are_queued_leaves_a_count(client: Client) -> None:
    events = Watched(LogEvent(message=f"{n}") for n in range(1_200))
    before = await client.service.event_counts()
    logging = asyncio.create_task(log(client, events))
    await asyncio.sleep(0)
    logging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await logging
    after = await client.service.event_counts()
    row = ("otlp_grpc", "info", "shed", "cancelled")
    assert after[row] - before.get(row, 0) == 1_200
