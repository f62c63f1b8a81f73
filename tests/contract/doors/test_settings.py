"""The settings of an organisation: read, changed, tried, and followed by every door."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, keep, read
from tests.support.times import seconds_between

pytestmark = IN_SESSION

SHIPPED = {
    "retention": {"info": "14d", "success": "30d", "warning": "60d", "error": "180d", "critical": "365d"},
    "debounceWindow": "10m",
}
DAY_SECONDS = 86_400


async def put(client: Client, settings: Any, **parameters: str) -> httpx.Response:
    return await client.rest.request("PUT", "/settings", json=settings, params=parameters)


async def settings_of(client: Client) -> Any:
    answer = await client.rest.request("GET", "/settings")
    assert answer.status_code == 200
    return answer.json()


async def test_an_organisation_begins_with_what_is_shipped(client: Client) -> None:
    assert await settings_of(client) == SHIPPED


async def test_what_is_named_changes_and_the_rest_stays(client: Client, service: InProcessService) -> None:
    answer = await put(client, {"retention": {"info": "1d 12h", "error": None}})
    expected = {**SHIPPED, "retention": {**SHIPPED["retention"], "info": "1d 12h"}}  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()) == (200, expected)
    assert (await put(client, {"debounceWindow": 5, "retention": None})).json() == {**expected, "debounceWindow": "5m"}
    assert (await put(client, {})).json() == {**expected, "debounceWindow": "5m"}
    assert await settings_of(client) == {**expected, "debounceWindow": "5m"}
    assert await settings_of(await service.new_client()) == SHIPPED


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        ({"retention": {"info": "23h 59m 59s"}}, "INVALID_FIELD", "retention.info"),
        ({"retention": {"critical": "3650d 1s"}}, "INVALID_FIELD", "retention.critical"),
        ({"retention": {"error": 14}}, "INVALID_FIELD", "retention.error"),
        ({"retention": {"error": True}}, "INVALID_FIELD", "retention.error"),
        ({"retention": {"debug": "14d"}}, "INVALID_FIELD", "retention.debug"),
        ({"retention": "14d"}, "INVALID_FIELD", "retention"),
        ({"retention": {"info": "2d"}, "limits": {}}, "INVALID_FIELD", "limits"),
        ({"debounceWindow": "25h"}, "INVALID_DEBOUNCE_INTERVAL", "debounceWindow"),
        ({"debounceWindow": "soon"}, "INVALID_DEBOUNCE_INTERVAL", "debounceWindow"),
        ([], "INVALID_BODY", None),
    ],
    ids=["short", "long", "minutes", "kind", "level", "text", "member", "window", "word", "array"],
)
async def test_what_cannot_be_is_refused_by_name_and_nothing_changes(
    client: Client, settings: Any, code: str, field: str | None
) -> None:
    answer = await put(client, settings)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("field")) == (422, code, field)
    assert await settings_of(client) == SHIPPED


async def test_the_ends_of_what_may_be_chosen(client: Client) -> None:
    for period in ("1d", "3650d"):
        assert (await put(client, {"retention": {"info": period}})).json()["retention"]["info"] == period
    for window in ("1s", "1d"):
        assert (await put(client, {"debounceWindow": window})).json()["debounceWindow"] == window


async def test_who_may_only_read_cannot_change(client: Client) -> None:
    reader = await client.with_key("read")
    assert await settings_of(reader) == SHIPPED
    assert (await put(reader, {"debounceWindow": "1m"})).status_code == 403
    assert (await put(reader, {"debounceWindow": "1m"}, dryRun="true")).status_code == 403
    sender = await client.with_key("ingest")
    assert (await sender.rest.request("GET", "/settings")).status_code == 403


async def test_the_window_of_an_event_that_names_none(client: Client, door: DoorClient) -> None:
    await put(client, {"debounceWindow": "90s"})
    default = await keep(door, {"message": "default", "useDebounce": True})
    keyed = await keep(door, {"message": "keyed", "useDebounce": {"key": "k"}})
    own = await keep(door, {"message": "own", "useDebounce": {"maxInterval": "5m"}})
    lengths = [await _window_seconds(door, one.entry_id) for one in (default, keyed, own)]
    assert lengths == pytest.approx([90, 90, 300], abs=30)


async def test_a_changed_window_leaves_the_one_that_is_open(client: Client, door: DoorClient) -> None:
    opened = await keep(door, {"message": "hello", "useDebounce": True})
    await put(client, {"debounceWindow": "1s"})
    repeated = await keep(door, {"message": "hello", "useDebounce": True})
    assert (repeated.outcome, repeated.entry_id) == ("debounced", opened.entry_id)
    assert await _window_seconds(door, opened.entry_id) == pytest.approx(600, abs=30)


async def test_the_end_of_an_entry_follows_the_period_also_of_what_is_stored(client: Client, door: DoorClient) -> None:
    before = await keep(door, {"message": "before", "level": "error"})
    other = await keep(door, {"message": "other", "level": "info"})
    await put(client, {"retention": {"error": "2d"}})
    after = await keep(door, {"message": "after", "level": "error"})
    lives = [await _life_days(door, one.entry_id) for one in (before, other, after)]
    assert lives == [2, 14, 2]
    listed = (await client.rest.request("GET", "/entries", params={"level": "error"})).json()["entries"]
    assert {_days(entry) for entry in listed} == {2}


async def test_a_dry_run_tells_what_a_change_deletes_and_changes_nothing(client: Client) -> None:
    await keep(client.rest, {"message": "young", "level": "error"})
    answer = (await put(client, {"retention": {"error": "1d"}}, dryRun="true")).json()
    assert answer["retention"] == {**SHIPPED["retention"], "error": "1d"}  # type: ignore[dict-item]
    assert answer["deletes"] == {"entries": 0, "bytes": 0, "levels": {}, "complete": True}
    assert await settings_of(client) == SHIPPED
    refused = await put(client, {}, dryRun="perhaps")
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "dryRun")


async def test_changes_stand_in_the_audit_list(client: Client) -> None:
    await put(client, {"debounceWindow": "2m"})
    await put(client, {"debounceWindow": "3m"}, dryRun="true")
    other = await client.with_key("read")
    keys = (await client.rest.request("GET", "/keys")).json()["keys"]
    by_scope = {tuple(key["scopes"]): key["id"] for key in keys}
    await client.rest.request("PATCH", f"/keys/{by_scope['read',]}", json={"name": "reader", "rate": 3})
    await client.rest.request("DELETE", f"/keys/{by_scope['read',]}")
    answer = await client.rest.request("GET", "/audit")
    records = answer.json()["records"]
    assert [record["action"] for record in records] == [
        "key.revoke",
        "key.change",
        "key.create",
        "settings.change",
        "key.create",
        "organisation.create",
    ]
    own = by_scope["admin", "ingest", "read", "triage"]
    assert [record["actor"] for record in records] == [own, own, "cli", own, "cli", "cli"]
    assert records[1]["details"] == {"id": by_scope["read",], "fields": ["name", "rate"]}
    assert records[3]["details"]["before"] == SHIPPED
    assert records[3]["details"]["after"] == {**SHIPPED, "debounceWindow": "2m"}
    assert datetime.fromisoformat(records[0]["time"]) >= datetime.fromisoformat(records[-1]["time"])
    assert client.key not in answer.text
    assert other.key not in answer.text


async def test_the_audit_list_has_pages_and_an_owner(client: Client, service: InProcessService) -> None:
    for minutes in range(1, 5):
        await put(client, {"debounceWindow": minutes})
    seen: list[str] = []
    token = ""
    while True:
        answer = await client.rest.request("GET", "/audit", params={"pageSize": "2", "pageToken": token})
        page = answer.json()
        seen += [record["action"] for record in page["records"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
        foreign = await (await service.new_client()).rest.request("GET", "/audit", params={"pageToken": token})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (422, "INVALID_PAGE_TOKEN")
        wrong = await client.rest.request("GET", "/entries", params={"pageToken": token})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "INVALID_PAGE_TOKEN")
    assert seen == ["settings.change"] * 4 + ["key.create", "organisation.create"]
    reader = await client.with_key("read", "triage")
    assert (await reader.rest.request("GET", "/audit")).status_code == 403


async def _window_seconds(door: DoorClient, entry_id: str) -> float:
    entry = await read(door, entry_id)
    return seconds_between(entry["receiveTime"], entry["windowEndTime"])


async def _life_days(door: DoorClient, entry_id: str) -> float:
    return _days(await read(door, entry_id))


def _days(entry: Any) -> float:
    return seconds_between(entry["receiveTime"], entry["expireTime"]) / DAY_SECONDS


async def test_what_another_process_has_changed_is_seen_once_the_key_is_looked_up_again(
    client: Client, service: InProcessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are believed for five seconds, and so are settings."""
    await keep(client.rest, {"message": "known"})
    await service.core._store.change_settings(client.organisation.id, {"debounce_window": 90_000})
    admission = service.core.services.admission
    seconds = admission._clock()
    monkeypatch.setattr(admission, "_clock", lambda: seconds + 6)
    logged = await keep(client.rest, {"message": "hello", "useDebounce": True})
    assert await _window_seconds(client.rest, logged.entry_id) == pytest.approx(90, abs=30)
