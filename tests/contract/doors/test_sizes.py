"""An event is too large at exactly the same size through every door."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.contract.doors.conftest import Way
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService, in_process
from tests.support.results import Event, Failure, find, keep

pytestmark = IN_SESSION

LIMIT = 4096
MEBIBYTE = 1024 * 1024
TOO_LARGE = Failure("EVENT_TOO_LARGE")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcessService]:
    """A service that takes only small events."""
    async with in_process(tmp_path_factory.mktemp("service"), max_event_bytes=LIMIT) as running:
        yield running


ATTRIBUTES: dict[str, dict[str, Any]] = {
    "no attributes": {},
    "text": {"key": "value", "é🎉": "ü"},
    "text that JSON escapes": {"a": '"\\\n\t\0\x7f\u2028'},
    "numbers": {"integer": 25000233, "negative": -7, "fraction": 0.25, "large": 1e300, "zero": 0},
    "literals": {"a": True, "b": False, "c": None},
    "containers": {"object": {"a": {}}, "list": [[], [1, [2]]]},
    "a NUL in a key": {"a\0b": 1},
}


@pytest.mark.parametrize("debounce", [{}, {"useDebounce": {"key": "sizes"}}], ids=["plain", "debounced"])
@pytest.mark.parametrize("attributes", ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
async def test_the_largest_event_is_kept_and_one_byte_more_is_refused(
    way: Way, attributes: dict[str, Any], debounce: dict[str, Any]
) -> None:
    packed = msgspec.json.encode(attributes) if attributes else b""
    # A NUL in a key is kept, and counted, as the character that takes its place.
    room = LIMIT - len(packed.replace(rb"\u0000b", "\ufffdb".encode()))
    for character in ("x", "é", "🎉", '"', "\0"):
        width = len(character.encode())
        message = character * (room // width) + "." * (room % width)
        sent = {"message": message, "attributes": attributes, **debounce}
        assert await way.send(sent) in ("stored", "debounced")
        assert await way.send({**sent, "message": message + "."}) == TOO_LARGE
    assert sum(entry["eventCount"] for entry in await find(way.door)) == 5


async def test_members_copied_from_the_message_do_not_count(way: Way) -> None:
    message = '{"a": "' + "x" * (LIMIT - 9) + '"}'
    assert await way.send({"message": message}) == "stored"
    (entry,) = await find(way.door)
    assert entry["attributes"] == {"a": "x" * (LIMIT - 9)}
    assert await way.send({"message": message + " "}) == TOO_LARGE


async def test_other_fields_do_not_count(way: Way) -> None:
    fields = dict.fromkeys(("service", "component", "code", "environment", "release", "fingerprint"), "é" * 200)
    event: Event = {"message": "x" * LIMIT, **fields, "traceId": "a" * 32, "useDebounce": {"key": "k" * 200}}
    assert await way.send(event) == "stored"


async def test_an_id_that_is_kept_as_an_attribute_counts(way: Way) -> None:
    size = len('{"traceId":"none"}')
    event = {"message": "x" * (LIMIT - size), "traceId": "none"}
    assert await way.send(event) == "stored"
    assert await way.send({**event, "message": event["message"] + "x"}) == TOO_LARGE


@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
async def test_unknown_top_level_fields_count(client: Client, lines: bool) -> None:
    size = len('{"orderId":5}')
    fits = {"message": "x" * (LIMIT - size), "orderId": 5, "nothing": None}
    await keep(client.rest, fits)
    assert await client.rest.log({**fits, "orderId": 55}) == TOO_LARGE
    door = client.rest_lines if lines else client.rest
    logged = await door.log_batch([fits, {**fits, "orderId": 55}])
    assert not isinstance(logged, Failure)
    assert logged.errors == {1: TOO_LARGE}


async def test_white_space_of_the_body_does_not_count(client: Client) -> None:
    body = b'{"message": "x"' + b" " * LIMIT + b"}"
    answer = await client.rest.request("POST", "/log", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


async def test_users_get_a_mebibyte(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with in_process(tmp_path_factory.mktemp("service")) as running:
        for door in (await running.new_client()).doors.values():
            await keep(door, {"message": "x" * MEBIBYTE})
            assert await door.log({"message": "x" * (MEBIBYTE + 1)}) == TOO_LARGE
