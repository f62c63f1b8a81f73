"""Every event received is counted once, to the unit: stored, debounced, duplicate, rejected or shed, and why."""

from collections import Counter

import pytest

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, Event

pytestmark = IN_SESSION

Counts = Counter[tuple[str, str, str, str]]
HELLO: Event = {"message": "hello"}
WINDOW: Event = {"message": "window", "level": "error", "useDebounce": {"key": "k"}}
ONCE: Event = {"message": "once", "level": "critical", "eventId": "e"}
LARGE: Event = {"message": "x" * (1024 * 1024 + 1), "level": "success"}
WITHOUT_MESSAGE: Event = {"level": "warning"}


async def counted(service: InProcessService, before: Counts | None = None) -> Counts:
    """What was counted, since before if that is given."""
    return Counter(await service.event_counts()) - (before or Counter())


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_mixed_run_is_counted_to_the_unit(client: Client, clock: Clock, name: str) -> None:
    service = client.service
    before = await counted(service)
    door = client.doors[name]
    limited = (await client.with_key(rate=12)).doors[name]
    reader = (await client.with_key("read")).doors[name]
    singles: list[Event] = [HELLO, WINDOW, WINDOW, ONCE, ONCE, LARGE, WITHOUT_MESSAGE, HELLO]
    for event in singles:
        await door.log(event)
    batches: list[list[Event]] = [
        [],
        [HELLO] * 7,
        [HELLO, WINDOW, ONCE, WITHOUT_MESSAGE, LARGE, HELLO],
        [{}],
        [WINDOW] * 20,
    ]
    for batch in batches:
        await door.log_batch(batch)
    await door.log_batch([HELLO] * 10_001)
    await limited.log_batch([HELLO] * 13)
    await limited.log_batch([HELLO] * 9)
    await limited.log_batch([HELLO] * 8)
    await reader.log(HELLO)
    expected = {
        (name, "info", "stored", ""): 2 + 7 + 2 + 9,
        (name, "error", "stored", ""): 1,
        (name, "error", "debounced", ""): 1 + 1 + 20,
        (name, "critical", "stored", ""): 1,
        (name, "critical", "duplicate", ""): 1 + 1,
        (name, "success", "rejected", "event_too_large"): 1 + 1,
        (name, "", "rejected", "invalid_message"): 1 + 1 + 1,
        (name, "", "rejected", "too_many_events"): 10_001 + 13,
        (name, "", "rejected", "rate_limited"): 8,
        (name, "", "rejected", "insufficient_scope"): 1,
    }
    assert await counted(service, before) == expected
    received = len(singles) + sum(map(len, batches)) + 10_001 + 13 + 9 + 8 + 1
    assert sum(expected.values()) == received


REFUSED: dict[str, tuple[bytes, dict[str, str], str]] = {
    "not JSON": (b"{", {}, "invalid_json"),
    "no object": (b"[]", {}, "invalid_body"),
    "unknown level": (b'{"message": "x", "level": "fatal"}', {}, "invalid_level"),
    "no JSON by its type": (b"{}", {"Content-Type": "text/html"}, "unsupported_media_type"),
    "unknown encoding": (b"{}", {"Content-Encoding": "br"}, "unsupported_media_type"),
    "cannot be inflated": (b"{}", {"Content-Encoding": "gzip"}, "invalid_json"),
    "too large": (b" " * 6_000_000, {}, "request_too_large"),
    "no key": (b'{"message": "x"}', {"Authorization": "Bearer none"}, "invalid_api_key"),
}


@pytest.mark.parametrize(("body", "headers", "reason"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("path", ["/log", "/log/batch"])
async def test_a_refused_request_counts_as_one_event(
    client: Client, path: str, body: bytes, headers: dict[str, str], reason: str
) -> None:
    if path == "/log/batch":
        body = {b"[]": b"{}", b"{}": b"[]"}.get(body, body)
    before = await counted(client.service)
    fields = {"Content-Type": "application/json", **headers}
    answer = await client.rest.request("POST", path, content=body, headers=fields)
    assert answer.status_code >= 400
    if path == "/log/batch" and reason == "invalid_level":
        reason = "invalid_body"
    assert await counted(client.service, before) == {("rest", "", "rejected", reason): 1}


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_reading_counts_no_events(client: Client, name: str) -> None:
    before = await counted(client.service)
    door: DoorClient = client.doors[name]
    await door.entries()
    await door.entries({"traceId": "bad"})
    await door.entry("none")
    assert await counted(client.service, before) == {}
