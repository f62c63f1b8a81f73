"""`DELETE entries`: what a filter chooses goes, for the organisation that asks, and the rest stays."""

import asyncio
from time import time_ns
from typing import Any

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import Failure, find, keep, keep_all

pytestmark = IN_SESSION


async def delete(client: Client, **filters: Any) -> Any:
    answer = await client.rest.request("DELETE", "/entries", params=filters)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"deleted"}
    return answer.json()["deleted"]


async def messages(client: Client) -> list[str]:
    return sorted(entry["message"] for entry in await find(client.rest))


async def test_what_a_filter_chooses_goes(client: Client, service: InProcessService) -> None:
    other = await service.new_client()
    await keep(other.rest, {"message": "theirs", "service": "shop"})
    await keep_all(
        client.rest,
        [{"message": f"{service} {level}", "service": service, "level": level} for service in "ab" for level in WORDS],
    )
    assert await delete(client, service="a", level="info,error") == 2
    assert await delete(client, q="critical") == 2
    assert await delete(client, query="service:b level:info") == 1
    assert await delete(client, service="shop") == 0
    assert await messages(client) == ["a success", "a warning", "b error", "b success", "b warning"]
    assert await delete(client, all="true") == 5
    assert await messages(client) == []
    assert await messages(other) == ["theirs"]


WORDS = ("info", "success", "warning", "error", "critical")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "all"),
        ({"all": "false"}, "all"),
        ({"all": "yes"}, "all"),
        ({"all": "true", "level": "info"}, "all"),
        ({"level": "info", "pageSize": "1"}, "pageSize"),
        ({"levels": "info"}, "levels"),
    ],
    ids=["nothing", "not all", "a word", "both", "a page", "unknown"],
)
async def test_what_does_not_say_what_to_delete_is_refused(
    client: Client, parameters: dict[str, str], field: str
) -> None:
    await keep(client.rest, {"message": "stays"})
    answer = await client.rest.request("DELETE", "/entries", params=parameters)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "INVALID_FILTER", field)
    assert await messages(client) == ["stays"]


async def test_only_an_administrator_deletes(client: Client) -> None:
    await keep(client.rest, {"message": "stays"})
    for scopes in (("read",), ("ingest",), ("read", "triage", "ingest")):
        key = await client.with_key(*scopes)
        assert (await key.rest.request("DELETE", "/entries", params={"all": "true"})).status_code == 403
    assert await messages(client) == ["stays"]


async def test_more_than_a_page_goes_and_what_comes_meanwhile_is_counted_right(client: Client) -> None:
    """Events come all the time; what was acknowledged before the request is gone, the rest is there or was counted."""
    await keep_all(client.rest, [{"message": "old"} for _ in range(2500)])
    sent = 0
    done = asyncio.Event()

    async def send() -> None:
        nonlocal sent
        while not done.is_set():
            await keep_all(client.rest, [{"message": "new"} for _ in range(20)])
            sent += 20
            await asyncio.sleep(0)

    sender = asyncio.create_task(send())
    deleted = await delete(client, all="true")
    done.set()
    await sender
    left = await messages(client)
    assert set(left) <= {"new"}
    assert deleted + len(left) == 2500 + sent


async def test_a_deletion_stands_in_the_audit_list(client: Client) -> None:
    await keep(client.rest, {"message": "hello", "service": "shop"})
    await delete(client, service="shop", level="info")
    record = (await client.rest.request("GET", "/audit", params={"pageSize": "1"})).json()["records"][0]
    assert record["action"] == "entries.delete"
    assert record["details"] == {"query": "level:info service:shop", "deleted": 1}


async def test_usage_tells_what_is_stored(client: Client) -> None:
    empty = (await client.rest.request("GET", "/usage")).json()
    assert (empty["entries"], empty["events"], empty["bytes"]) == (0, 0, 0)
    assert empty["levels"].keys() == set(WORDS)
    assert empty["received"] == {"lastMinute": 0, "lastHour": 0}
    assert empty["databaseBytes"] > 0


async def test_usage_counts_entries_events_and_bytes_by_level(client: Client) -> None:
    await keep_all(client.rest, [{"message": "x" * 100, "useDebounce": True, "level": "error"}] * 3)
    await keep(client.rest, {"message": "one"})
    reader = await client.with_key("read")
    usage = (await reader.rest.request("GET", "/usage")).json()
    assert (usage["entries"], usage["events"]) == (2, 4)
    assert usage["levels"]["error"]["events"] == 3
    assert usage["levels"]["error"]["bytes"] > 100
    assert usage["bytes"] == sum(level["bytes"] for level in usage["levels"].values())
    sender = await client.with_key("ingest")
    assert (await sender.rest.request("GET", "/usage")).status_code == 403


async def test_a_deleted_entry_is_not_found(client: Client) -> None:
    kept = await keep(client.rest, {"message": "hello"})
    await delete(client, level="info")
    for door in client.doors.values():
        assert isinstance(await door.entry(kept.entry_id), Failure)


async def test_what_came_after_the_request_stays(
    client: Client, service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(client.rest, {"message": "before"})
    request_time = time_ns()
    await keep(client.rest, {"message": "after", "eventTime": "2020-01-01T00:00:00Z"})
    monkeypatch.setattr(service.core.services.deletion, "_clock", lambda: request_time)
    assert await delete(client, all="true") == 1
    assert await messages(client) == ["after"]
