"""What becomes of attributes: exact, never lost, within what every store and door can carry."""

import msgspec
import pytest

from tests.contract.doors.conftest import Way
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import Entry, Event, find, keep, read

pytestmark = IN_SESSION

SAFE = 2**53


async def kept(way: Way, event: Event) -> Entry:
    """The entry of an event that is logged by this way."""
    assert await way.send(event) == "stored"
    (entry,) = await find(way.door)
    return entry


async def test_members_of_a_json_message_are_copied_and_the_message_stays_raw(way: Way) -> None:
    message = ' {"orderId": 25000233, "user": {"id": 7}, "level": "critical"}'
    entry = await kept(way, {"message": message})
    assert entry["message"] == message
    assert entry["attributes"] == {"orderId": 25000233, "user": {"id": 7}, "level": "critical"}
    assert entry["level"] == "info"


async def test_a_sent_attribute_wins_over_a_member_of_the_message(way: Way) -> None:
    entry = await kept(way, {"message": '{"a": 1, "b": 2}', "attributes": {"b": "sent", "c": 3}})
    assert entry["attributes"] == {"a": 1, "b": "sent", "c": 3}


@pytest.mark.parametrize("message", ['{"a": NaN}', '{"a": 1', "[1]", "5", '"{}"', "{}", '{"a": "\\ud800"}', "{" * 600])
async def test_a_message_that_is_no_json_object_is_just_text(way: Way, message: str) -> None:
    entry = await kept(way, {"message": message})
    assert entry["message"] == message
    assert "attributes" not in entry


@pytest.mark.parametrize("number", [0, -1, SAFE, -SAFE, SAFE - 1])
async def test_integers_are_exact(way: Way, number: int) -> None:
    entry = await kept(way, {"message": "hello", "attributes": {"n": number, "deep": [{"n": number}]}})
    assert entry["attributes"] == {"n": number, "deep": [{"n": number}]}
    assert type(entry["attributes"]["n"]) is int


@pytest.mark.parametrize("number", [SAFE + 1, -SAFE - 1, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("reader", ["rest", "grpc"])
async def test_integers_of_64_bits_are_exact(client: Client, reader: str, number: int) -> None:
    logged = await keep(client.rest, {"message": "hello", "attributes": {"n": number}})
    assert (await read(client.doors[reader], logged.entry_id))["attributes"] == {"n": number}


@pytest.mark.parametrize("number", [0.5, -0.1, 1e300, 5e-324, 1.7976931348623157e308])
async def test_fractions_are_exact(way: Way, number: float) -> None:
    assert (await kept(way, {"message": "hello", "attributes": {"n": number}}))["attributes"] == {"n": number}


HUGE = {
    "2^63": str(2**63),
    "-2^63 - 1": str(-(2**63) - 1),
    "2^64": str(2**64),
    "100 digits": "9" * 100,
    "101 digits": "-" + "9" * 101,
    "5,000 digits": "9" * 5000,
}


@pytest.mark.parametrize("digits", HUGE.values(), ids=HUGE.keys())
@pytest.mark.parametrize("place", ["attribute", "nested", "top level", "message"])
async def test_integers_beyond_64_bits_become_text(client: Client, place: str, digits: str) -> None:
    bodies = {
        "attribute": f'{{"message": "x", "attributes": {{"n": {digits}}}}}',
        "nested": f'{{"message": "x", "attributes": {{"a": [{{"n": {digits}}}]}}}}',
        "top level": f'{{"message": "x", "n": {digits}}}',
        "message": f'{{"message": "{{\\"n\\": {digits}}}"}}',
    }
    answer = await client.rest.request(
        "POST", "/log", content=bodies[place], headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    for door in client.doors.values():
        entry = await read(door, answer.headers["Tracking-Entry-Id"])
        assert entry["warnings"] == ["number_as_text"]
        assert entry["attributes"] == ({"a": [{"n": digits}]} if place == "nested" else {"n": digits})


async def test_nul_in_a_key_is_replaced_and_told_and_nul_in_a_value_stays(way: Way) -> None:
    entry = await kept(way, {"message": "x", "attributes": {"a\0b": "c\0d", "e": {"\0": 1}, "f": ["\0"]}})
    assert entry["attributes"] == {"a\ufffdb": "c\0d", "e": {"\ufffd": 1}, "f": ["\0"]}
    assert entry["warnings"] == ["nul_in_key"]


async def test_keys_that_databases_dislike_stay_as_they_are(way: Way) -> None:
    attributes = {"": 1, "$set": {"$x": 2}, "a.b.c": 3, "_id": 4, "__proto__": 5, "é\u200b": 6, "\ufffd": 7}
    entry = await kept(way, {"message": "x", "attributes": attributes})
    assert entry["attributes"] == attributes
    assert "warnings" not in entry


@pytest.mark.parametrize("kinds", ["{", "[", "{[", "[[{"])
async def test_40_levels_are_kept_and_what_is_below_becomes_its_text(client: Client, kinds: str) -> None:
    # `attributes` itself is the first of the levels.
    shallow = await _log_attributes(client, f'{{"n":{_nested(kinds, 39, "1")}}}')
    below = '[{"below":1}]'
    deep = await _log_attributes(client, f'{{"n":{_nested(kinds, 39, below)}}}')
    text = msgspec.json.encode(below).decode()
    for door in client.doors.values():
        entry = await read(door, shallow)
        assert entry["attributes"] == {"n": msgspec.json.decode(_nested(kinds, 39, "1"))}
        assert "warnings" not in entry
        entry = await read(door, deep)
        assert entry["attributes"] == {"n": msgspec.json.decode(_nested(kinds, 39, text))}
        assert entry["warnings"] == ["nesting_as_text"]


async def test_unknown_top_level_fields_are_kept_as_attributes_and_never_win(client: Client) -> None:
    event = {
        "message": '{"a": "message", "b": "message", "c": "message"}',
        "a": "top",
        "b": "top",
        "userId": 5,
        "nothing": None,
        "Level": "error",
        "attributes": {"a": "attribute", "service": "kept in its place", "nothing": None},
        "service": "checkout",
    }
    logged = await keep(client.rest, event)
    entry = await read(client.rest, logged.entry_id)
    assert entry["service"] == "checkout"
    assert entry["level"] == "info"
    assert entry["attributes"] == {
        "a": "attribute",
        "b": "top",
        "c": "message",
        "userId": 5,
        "Level": "error",
        "service": "kept in its place",
        "nothing": None,
    }


async def test_of_duplicate_keys_the_last_wins(client: Client) -> None:
    body = b'{"message": "first", "attributes": {"a": 1, "a": 2}, "message": "last"}'
    answer = await client.rest.request("POST", "/log", content=body, headers={"Content-Type": "application/json"})
    entry = await read(client.rest, answer.headers["Tracking-Entry-Id"])
    assert (entry["message"], entry["attributes"]) == ("last", {"a": 2})


TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    "trace_id", [TRACE[:-1], TRACE + "0", TRACE[:-1] + "g", "0x" + TRACE[2:], "{" + TRACE[:-2] + "}"]
)
async def test_a_trace_id_of_another_shape_is_kept_as_an_attribute(way: Way, trace_id: str) -> None:
    entry = await kept(way, {"message": "x", "traceId": trace_id, "spanId": SPAN, "attributes": {"a": 1}})
    assert "traceId" not in entry
    assert entry["spanId"] == SPAN
    assert entry["attributes"] == {"a": 1, "traceId": trace_id}
    assert entry["warnings"] == ["invalid_trace_id"]


@pytest.mark.parametrize("span_id", [SPAN[:-1], TRACE, "no span"])
async def test_a_span_id_of_another_shape_is_kept_as_an_attribute(way: Way, span_id: str) -> None:
    entry = await kept(way, {"message": "x", "traceId": TRACE.upper(), "spanId": span_id})
    assert entry["traceId"] == TRACE
    assert "spanId" not in entry
    assert entry["attributes"] == {"spanId": span_id}
    assert entry["warnings"] == ["invalid_span_id"]


async def test_all_warnings_of_an_event_stand_on_its_entry(way: Way) -> None:
    entry = await kept(way, {"message": "x", "traceId": "no", "spanId": "no", "attributes": {"\0": 1}})
    assert sorted(entry["warnings"]) == ["invalid_span_id", "invalid_trace_id", "nul_in_key"]


async def _log_attributes(client: Client, attributes: str) -> str:
    answer = await client.rest.request(
        "POST",
        "/log",
        content=f'{{"message": "x", "attributes": {attributes}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    return answer.headers["Tracking-Entry-Id"]


def _nested(kinds: str, levels: int, inside: str) -> str:
    """The JSON text of containers within one another, of these kinds by turns."""
    for level in reversed(range(levels)):
        inside = f'{{"a":{inside}}}' if kinds[level % len(kinds)] == "{" else f"[{inside}]"
    return inside
