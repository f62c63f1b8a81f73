"""Groups and what people decide about them, through every door."""

from typing import Any

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import DoorClient, Failure, Filters, find, keep, keep_all
from tests.support.statistics_doors import EVENTS, HOUR, answered, change_group, facets, group, groups, histogram

pytestmark = IN_SESSION


async def test_a_group_is_the_sum_of_its_entries(door: DoorClient) -> None:
    await keep_all(door, EVENTS)
    shown = answered(await groups(door))
    assert shown.keys() == {"groups"}
    mail, card = shown["groups"]
    entries = await find(door, {"groupId": card["id"]})
    assert len(entries) == 3
    assert card == {
        "id": entries[0]["groupId"],
        "title": "card 3 declined",
        "status": "open",
        "service": "shop",
        "levels": {"critical": 1, "error": 2},
        "eventCount": 3,
        "firstEventTime": f"{HOUR}:00:00Z",
        "lastEventTime": f"{HOUR}:05:00Z",
        "sparkline": card["sparkline"],
    }
    assert (mail["title"], mail["component"], mail["eventCount"]) == ("mail sent", "smtp", 2)
    assert answered(await group(door, card["id"])) == card
    assert answered(await group(door, card["id"].upper())) == card


async def test_a_sparkline_has_thirty_days(door: DoorClient) -> None:
    await keep(door, {"message": "m", "useDebounce": {"key": "k"}})
    await keep(door, {"message": "m", "useDebounce": {"key": "k"}})
    (shown,) = answered(await groups(door))["groups"]
    sparkline = shown["sparkline"]
    assert sparkline["step"] == "1d"
    assert sparkline["counts"][-2:] in ([0, 2], [2, 0])
    assert len(sparkline["counts"]) == 30
    assert sparkline["from"].endswith("T00:00:00Z")


async def test_groups_come_in_order_page_by_page(door: DoorClient) -> None:
    await keep_all(door, [*EVENTS, {"message": "third", "eventTime": f"{HOUR}:07:00Z"}])
    orders = {
        "lastEvent": ["mail sent", "third", "card 3 declined"],
        "events": ["card 3 declined", "mail sent", "third"],
        "firstEvent": ["mail sent", "third", "card 3 declined"],
    }
    for sort, titles in orders.items():
        shown: list[str] = []
        token = ""
        while len(shown) < 3:
            page = answered(await groups(door, sort=sort, page_size=1, page_token=token))
            shown += [each["title"] for each in page["groups"]]
            token = page.get("nextPageToken", "")
        assert (shown, token) == (titles, "")


async def test_groups_have_filters(door: DoorClient) -> None:
    await keep_all(door, EVENTS)

    async def titles(filters: Filters) -> list[str]:
        return [each["title"] for each in answered(await groups(door, filters))["groups"]]

    assert await titles({"level": "critical"}) == ["card 3 declined"]
    assert await titles({"level": "warning"}) == []
    assert await titles({"code": "E1"}) == ["card 3 declined"]
    assert await titles({"component": "smtp"}) == ["mail sent"]
    assert await titles({"q": "declined"}) == ["card 3 declined"]
    assert await titles({"from": f"{HOUR}:06:00Z"}) == ["mail sent"]
    assert await titles({"to": f"{HOUR}:06:00Z"}) == ["card 3 declined"]
    assert await titles({"groupId": "0" * 32}) == []


async def test_a_resolved_group_opens_with_its_next_event(door: DoorClient) -> None:
    await keep(door, {"message": "m", "eventTime": f"{HOUR}:05:00Z"})
    (shown,) = answered(await groups(door))["groups"]
    resolved = answered(await change_group(door, shown["id"], {"status": "resolved"}))
    assert resolved == {**shown, "status": "resolved"}
    assert answered(await group(door, shown["id"])) == resolved
    assert answered(await groups(door, status=["open", "muted"]))["groups"] == []
    assert answered(await groups(door, status=["resolved"]))["groups"] == [resolved]
    # It is new, though it says that it happened earlier.
    await keep(door, {"message": "m", "eventTime": f"{HOUR}:04:00Z"})
    reopened = answered(await group(door, shown["id"]))
    assert (reopened["status"], reopened["eventCount"]) == ("open", 2)
    assert answered(await groups(door, status=["open"]))["groups"] == [reopened]


async def test_a_group_is_muted_for_a_number_of_events(door: DoorClient) -> None:
    await keep(door, {"message": "m"})
    (shown,) = answered(await groups(door))["groups"]
    await change_group(door, shown["id"], {"status": "muted", "mutedUntilCount": 2})
    for left in (2, 1):
        current = answered(await group(door, shown["id"]))
        assert (current["status"], current["mutedUntilCount"]) == ("muted", left)
        await keep(door, {"message": "m"})
    current = answered(await group(door, shown["id"]))
    assert (current["status"], "mutedUntilCount" in current) == ("open", False)


async def test_a_group_is_muted_until_a_time(door: DoorClient) -> None:
    await keep(door, {"message": "m"})
    (shown,) = answered(await groups(door))["groups"]
    until = "2200-01-01T00:00:00Z"
    muted = answered(await change_group(door, shown["id"], {"status": "muted", "mutedUntil": until}))
    assert (muted["status"], muted["mutedUntil"]) == ("muted", until)
    await keep(door, {"message": "m"})
    assert answered(await group(door, shown["id"]))["status"] == "muted"
    opened = answered(await change_group(door, shown["id"], {"status": "open"}))
    assert (opened["status"], "mutedUntil" in opened) == ("open", False)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, Failure("INVALID_FIELD", "status")),
        ({"status": "muted", "mutedUntil": "2020-01-01T00:00:00Z"}, Failure("INVALID_FIELD", "mutedUntil")),
        ({"status": "open", "mutedUntil": "2200-01-01T00:00:00Z"}, Failure("INVALID_FIELD", "mutedUntil")),
        ({"status": "resolved", "mutedUntilCount": 5}, Failure("INVALID_FIELD", "mutedUntilCount")),
        ({"status": "muted", "mutedUntilCount": -5}, Failure("INVALID_FIELD", "mutedUntilCount")),
    ],
)
async def test_a_change_that_cannot_be_is_refused(door: DoorClient, change: dict[str, Any], failure: Failure) -> None:
    await keep(door, {"message": "m"})
    (shown,) = answered(await groups(door))["groups"]
    assert await change_group(door, shown["id"], change) == failure
    assert answered(await group(door, shown["id"])) == shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "closed"}, "status"),
        ({"status": 5}, "status"),
        ({"status": "muted", "mutedUntilCount": True}, "mutedUntilCount"),
        ({"status": "muted", "mutedUntil": "tomorrow"}, "mutedUntil"),
        ({"status": "open", "title": "mine"}, "title"),
    ],
)
async def test_a_body_that_cannot_be_is_refused(client: Client, body: dict[str, Any], field: str) -> None:
    assert await change_group(client.rest, "0" * 32, body) == Failure("INVALID_FIELD", field)


async def test_groups_are_those_of_the_own_organisation(client: Client, door: DoorClient) -> None:
    stranger = (await client.service.new_client()).doors[door.name]
    await keep(door, {"message": "m"})
    (shown,) = answered(await groups(door))["groups"]
    missing = Failure("NOT_FOUND", "id")
    assert answered(await groups(stranger))["groups"] == []
    assert answered(await histogram(stranger))["total"] == 0
    assert answered(await facets(stranger))["total"] == 0
    for group_id in (shown["id"], "x", "0" * 32):
        assert await group(stranger, group_id) == missing
        assert await change_group(stranger, group_id, {"status": "resolved"}) == missing
    assert answered(await group(door, shown["id"])) == shown


async def test_deciding_needs_its_own_scope(client: Client, door: DoorClient) -> None:
    await keep(door, {"message": "m"})
    (shown,) = answered(await groups(door))["groups"]
    reader = (await client.with_key("read")).doors[door.name]
    triager = (await client.with_key("triage")).doors[door.name]
    refused = Failure("INSUFFICIENT_SCOPE", "authorization")
    assert await change_group(reader, shown["id"], {"status": "resolved"}) == refused
    assert await group(triager, shown["id"]) == refused
    assert await groups(triager) == await histogram(triager) == await facets(triager) == refused
    assert answered(await change_group(triager, shown["id"], {"status": "resolved"}))["status"] == "resolved"


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        ({"page_token": "nonsense"}, Failure("INVALID_PAGE_TOKEN", "pageToken")),
        ({"page_size": 1001}, Failure("INVALID_PAGE_SIZE", "pageSize")),
    ],
)
async def test_a_list_that_cannot_be_is_refused(door: DoorClient, options: dict[str, Any], failure: Failure) -> None:
    assert await groups(door, **options) == failure


async def test_a_token_is_for_its_own_list(door: DoorClient) -> None:
    await keep_all(door, EVENTS)
    token = answered(await groups(door, page_size=1, sort="events"))["nextPageToken"]
    refused = Failure("INVALID_PAGE_TOKEN", "pageToken")
    assert await groups(door, page_token=token) == refused
    assert await groups(door, page_token=token, sort="events", status=["open"]) == refused
    assert await groups(door, {"level": "info"}, page_token=token, sort="events") == refused
    assert await door.entries(page_token=token) == refused
    assert len(answered(await groups(door, page_token=token, sort="events"))["groups"]) == 1


@pytest.mark.parametrize(("name", "value"), [("status", "closed"), ("sort", "title"), ("status", "")])
async def test_a_word_that_no_list_knows_is_refused(client: Client, name: str, value: str) -> None:
    answer = await client.rest.request("GET", "/groups", params={name: value})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, name)
