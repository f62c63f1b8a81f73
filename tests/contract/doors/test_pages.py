"""A list goes on where it stopped, through whichever door, while more is written."""

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, Entry, Failure, Page, find, keep_all

pytestmark = IN_SESSION

DAY = "2026-05-06"
NO_TOKEN = Failure("INVALID_PAGE_TOKEN", "pageToken")


def at(second: int, message: str, service: str = "shop") -> dict[str, str]:
    """An event of a second of that day."""
    return {"message": message, "eventTime": f"{DAY}T00:00:{second:02d}Z", "service": service}


async def page_of(door: DoorClient, token: str = "", **filters: str) -> Page:
    """A page of ten."""
    page = await door.entries(filters, page_size=10, page_token=token)
    assert isinstance(page, Page), page
    return page


def messages(entries: list[Entry]) -> list[str]:
    """What the entries say."""
    return [entry["message"] for entry in entries]


async def test_pages_hold_each_entry_once_and_the_last_has_no_token(door: DoorClient) -> None:
    await keep_all(door, [at(number, str(number)) for number in range(30)])
    first = await page_of(door)
    second = await page_of(door, first.next_page_token)
    third = await page_of(door, second.next_page_token)
    assert messages(first.entries + second.entries + third.entries) == [str(number) for number in reversed(range(30))]
    assert third.next_page_token == ""


async def test_a_page_has_50_entries_unless_asked_otherwise(door: DoorClient) -> None:
    await keep_all(door, [at(number % 60, str(number)) for number in range(120)])
    for size, expected in ((0, 50), (1, 1), (119, 119), (120, 120), (1000, 120)):
        page = await door.entries(page_size=size)
        assert isinstance(page, Page)
        assert len(page.entries) == expected
        assert bool(page.next_page_token) == (expected < 120)


async def test_what_is_written_meanwhile_neither_repeats_nor_hides_an_entry(door: DoorClient) -> None:
    await keep_all(door, [at(number, f"old {number}") for number in range(1, 31)])
    seen, token = [], ""
    for round_number in range(20):
        page = await page_of(door, token)
        seen += messages(page.entries)
        token = page.next_page_token
        if not token:
            break
        # Newer, older, and in the middle of it all.
        new = [at(59, "new"), at(0, "older"), at(15, "middle"), at(1, "beside the oldest")]
        await keep_all(door, [{**event, "message": f"{event['message']} {round_number}"} for event in new])
    assert len(seen) == len(set(seen))
    assert [message for message in seen if message.startswith("old ")] == [f"old {n}" for n in range(30, 0, -1)]
    assert not any(message.startswith("new") for message in seen)


async def test_a_page_of_one_door_goes_on_through_the_other(client: Client) -> None:
    await keep_all(client.rest, [at(number, str(number)) for number in range(30)])
    for first, other in ((client.rest, client.grpc), (client.grpc, client.rest)):
        page = await page_of(first, service="shop", to=f"{DAY}T12:00:00Z")
        on = await page_of(other, page.next_page_token, service="shop", to=f"{DAY}T14:00:00+02:00")
        assert messages(on.entries) == [str(number) for number in reversed(range(10, 20))]


async def test_a_token_belongs_to_its_filters(door: DoorClient) -> None:
    await keep_all(door, [at(number, str(number)) for number in range(30)])
    page = await page_of(door, service="shop")
    for filters in ({}, {"service": "other"}, {"service": ["shop", "other"]}, {"service": "shop", "level": "info"}):
        assert await door.entries(filters, page_token=page.next_page_token) == NO_TOKEN
    # Another size is no other question.
    rest = await door.entries({"service": ["shop", "shop"]}, page_size=1000, page_token=page.next_page_token)
    assert isinstance(rest, Page)
    assert len(rest.entries) == 20


async def test_a_token_belongs_to_its_organisation(service: InProcessService, client: Client, door: DoorClient) -> None:
    await keep_all(door, [at(number, str(number)) for number in range(30)])
    page = await page_of(door)
    other = await service.new_client()
    assert await other.doors[door.name].entries(page_token=page.next_page_token) == NO_TOKEN
    same = await client.with_key("read")
    assert len((await page_of(same.doors[door.name], page.next_page_token)).entries) == 10


@pytest.mark.parametrize(
    "spoil", [str.swapcase, lambda token: token[:-1], lambda token: token + "A", lambda _: "no", lambda _: "é"]
)
async def test_a_token_that_was_not_given_is_refused(door: DoorClient, spoil: object) -> None:
    await keep_all(door, [at(number, str(number)) for number in range(30)])
    page = await page_of(door)
    assert callable(spoil)
    assert await door.entries(page_token=spoil(page.next_page_token)) == NO_TOKEN
    assert len(await find(door)) == 30


async def test_whoever_wrote_reads_it_at_once(client: Client) -> None:
    for number in range(20):
        await keep_all(client.grpc, [at(number, str(number))])
        assert messages((await page_of(client.rest)).entries)[0] == str(number)
        await keep_all(client.rest, [at(number, f"{number} again")])
        assert messages((await page_of(client.grpc)).entries)[0] == f"{number} again"
