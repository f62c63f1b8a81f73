"""Many events in one request: each ends on its own, whatever its mates are."""

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.rest_door import batch_of
from tests.support.results import BatchLogged, DoorClient, Event, Failure, find

pytestmark = IN_SESSION

MOST = 10_000


@pytest.fixture(params=["rest array", "rest lines", "grpc"])
def batch_door(request: pytest.FixtureRequest, client: Client) -> DoorClient:
    """A door, in each form it takes batches in."""
    doors: dict[str, DoorClient] = {"rest array": client.rest, "rest lines": client.rest_lines, "grpc": client.grpc}
    return doors[request.param]


async def logged(door: DoorClient, events: list[Event]) -> BatchLogged:
    """A batch that must be processed."""
    answer = await door.log_batch(events)
    assert isinstance(answer, BatchLogged), answer
    return answer


async def test_a_bad_event_never_harms_its_mates(batch_door: DoorClient) -> None:
    events: list[Event] = [{"message": f"event {number}", "eventId": f"{number}"} for number in range(10)]
    events[2] = {"message": " "}
    events[5] = {"message": "x", "eventId": "i" * 201}
    events[9] = {"message": "x", "useDebounce": {"maxInterval": 0}}
    answer = await logged(batch_door, events)
    assert answer.outcomes == {"stored": 7, "debounced": 0, "duplicate": 0, "rejected": 3}
    assert answer.errors == {
        2: Failure("INVALID_MESSAGE", "message"),
        5: Failure("INVALID_EVENT_ID", "eventId"),
        9: Failure("INVALID_DEBOUNCE_INTERVAL", "useDebounce.maxInterval"),
    }
    kept = [entry["message"] for entry in await find(batch_door)]
    assert sorted(kept) == [f"event {number}" for number in (0, 1, 3, 4, 6, 7, 8)]


async def test_a_batch_of_nothing_is_a_success(batch_door: DoorClient) -> None:
    answer = await logged(batch_door, [])
    assert answer == ({"stored": 0, "debounced": 0, "duplicate": 0, "rejected": 0}, {})


async def test_a_batch_of_bad_events_is_processed(batch_door: DoorClient) -> None:
    answer = await logged(batch_door, [{}, {}])
    assert answer.outcomes == {"stored": 0, "debounced": 0, "duplicate": 0, "rejected": 2}
    assert await find(batch_door) == []


async def test_every_outcome_is_counted(batch_door: DoorClient) -> None:
    window: Event = {"message": "w", "useDebounce": {"key": "k"}}
    one: Event = {"message": "x", "eventId": "same"}
    answer = await logged(batch_door, [window, one, window, {}, one, window, {"message": "y"}])
    assert answer.outcomes == {"stored": 3, "debounced": 2, "duplicate": 1, "rejected": 1}


async def test_events_of_one_instant_are_read_in_their_order_last_first(batch_door: DoorClient) -> None:
    time = "2026-01-01T00:00:00.5Z"
    await logged(batch_door, [{"message": f"{number}", "eventTime": time} for number in range(200)])
    entries = await find(batch_door, page_size=37)
    assert [entry["message"] for entry in entries] == [f"{number}" for number in reversed(range(200))]


async def test_ten_thousand_events_are_taken_and_one_more_is_not(batch_door: DoorClient) -> None:
    window: Event = {"message": "x", "useDebounce": {"key": "k"}}
    answer = await logged(batch_door, [window] * MOST)
    assert answer.outcomes == {"stored": 1, "debounced": MOST - 1, "duplicate": 0, "rejected": 0}
    assert await batch_door.log_batch([window] * (MOST + 1)) == Failure("TOO_MANY_EVENTS")
    (entry,) = await find(batch_door)
    assert entry["eventCount"] == MOST


async def test_an_event_too_large_is_refused_alone(batch_door: DoorClient) -> None:
    answer = await logged(batch_door, [{"message": "a"}, {"message": "x" * (1024 * 1024 + 1)}, {"message": "b"}])
    assert answer.errors == {1: Failure("EVENT_TOO_LARGE")}
    assert answer.outcomes["stored"] == 2


ITEMS = {
    b"5": Failure("INVALID_BODY"),
    b"null": Failure("INVALID_BODY"),
    b"[]": Failure("INVALID_BODY"),
    b'"text"': Failure("INVALID_BODY"),
    b"{}": Failure("INVALID_MESSAGE", "message"),
    b'{"message": {}}': Failure("INVALID_MESSAGE", "message"),
    b'{"message": "x", "level": "fatal"}': Failure("INVALID_LEVEL", "level"),
    b'{"message": "x", "attributes": []}': Failure("INVALID_ATTRIBUTES", "attributes"),
}
BROKEN_LINES = [
    b"{",
    b'{"message": "\xff"}',
    b'{"message": NaN}',
    b'{"message": "\\ud800"}',
    b"no",
    b"{} {}",
    b"[" * 600,
]


@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
async def test_items_that_are_json_but_no_events_are_refused_one_by_one(client: Client, lines: bool) -> None:
    items = [b'{"message": "first"}', *ITEMS, b'{"message": "last"}']
    body = b"\r\n".join(items) if lines else b"[" + b",".join(items) + b"]"
    media_type = "application/ndjson" if lines else "application/json; charset=utf-8"
    answer = await client.rest.request("POST", "/log/batch", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 200
    assert batch_of(answer.json()).errors == dict(enumerate(ITEMS.values(), 1))
    assert [entry["message"] for entry in await find(client.rest)] == ["last", "first"]


async def test_a_broken_line_is_an_error_of_its_own_and_blank_lines_do_not_count(client: Client) -> None:
    lines = [b"", b'{"message": "first"}', b"  ", *BROKEN_LINES, b"\t\r", b'{"message": "last"}', b""]
    answer = await client.rest.request(
        "POST", "/log/batch", content=b"\n".join(lines), headers={"Content-Type": "application/jsonlines"}
    )
    assert answer.status_code == 200
    assert batch_of(answer.json()).errors == {place: Failure("INVALID_JSON") for place in range(1, 8)}
    assert len(await find(client.rest)) == 2


@pytest.mark.parametrize(
    "broken", [b'[{"message": "x"}', b'[{"message": "x"},]', *(b"[%b]" % line for line in BROKEN_LINES)]
)
async def test_a_broken_array_is_refused_as_a_whole(client: Client, broken: bytes) -> None:
    answer = await client.rest.request(
        "POST", "/log/batch", content=broken, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_JSON")
    assert await find(client.rest) == []


@pytest.mark.parametrize("body", [b"{}", b'{"message": "x"}', b"5", b'"[]"'])
async def test_a_batch_that_is_no_array_is_refused(client: Client, body: bytes) -> None:
    answer = await client.rest.request("POST", "/log/batch", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_BODY")
