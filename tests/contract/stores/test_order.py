"""Order goes by event time to the millisecond, newest first, and within one millisecond by arrival, last first."""

from typing import Any

import pytest

from server.core.ports import Store
from server.core.query import EntryFilter, Page
from tests.contract.stores.conftest import Stores
from tests.support.stores import START, commit, messages, read_all, submission

MILLISECOND = 1_000_000
BURST = 5_000


async def test_entries_come_newest_first_whatever_the_order_of_arrival(store: Store[Any]) -> None:
    times = [5, -3, 1000, 0, 7, 6, -2000]
    for at in times:
        await commit(store, submission(f"{at}", at=START + at * MILLISECOND))
    assert messages(await read_all(store)) == [f"{at}" for at in sorted(times, reverse=True)]


async def test_within_a_millisecond_the_last_to_arrive_comes_first(store: Store[Any]) -> None:
    # The nanoseconds play no part in the order.
    batches = [(900, 1, 500), (0, 999_999)]
    for batch in batches:
        await commit(store, *(submission(f"{at}", at=START + at) for at in batch))
    assert messages(await read_all(store)) == ["999999", "0", "500", "1", "900"]


async def test_five_thousand_events_of_one_instant_keep_their_order(store: Store[Any]) -> None:
    for begin in range(0, BURST, 500):
        await commit(store, *(submission(f"{number}") for number in range(begin, begin + 500)))
    entries = await read_all(store, page_size=333)
    assert messages(entries) == [f"{number}" for number in reversed(range(BURST))]
    assert len({entry.id for entry in entries}) == BURST


async def test_a_burst_goes_on_in_order_after_a_restart(store: Store[Any], stores: Stores) -> None:
    await commit(store, *(submission(f"{number}") for number in range(BURST)))
    store = await stores.open()
    for begin in range(BURST, 2 * BURST, 1000):
        await commit(store, *(submission(f"{number}") for number in range(begin, begin + 1000)))
    assert messages(await read_all(store)) == [f"{number}" for number in reversed(range(2 * BURST))]


async def test_bursts_of_neighbouring_milliseconds_lose_nothing(store: Store[Any], stores: Stores) -> None:
    # Each spills into where the next ones have theirs.
    sent = []
    for turn in range(6):
        if turn == 3:
            store = await stores.open()
        for at in (0, 2, 1, 3):
            batch = [f"{at}/{turn}/{number}" for number in range(200)]
            await commit(store, *(submission(message, at=START + at * MILLISECOND) for message in batch))
            sent += batch
    entries = await read_all(store)
    assert sorted(messages(entries)) == sorted(sent)
    assert {entry.message[0]: entry.event_time for entry in entries} == {
        f"{at}": START + at * MILLISECOND for at in (0, 1, 2, 3)
    }
    for at in (0, 1, 2, 3):
        of_one_instant = [message for message in messages(entries) if message[0] == f"{at}"]
        assert of_one_instant == [message for message in reversed(sent) if message[0] == f"{at}"]


@pytest.mark.parametrize(
    "at",
    [0, -1, -MILLISECOND, -MILLISECOND - 1, -(2**63), 2**63 - 1, 4102444800 * 10**9],
    ids=["1970", "just-before-1970", "a-millisecond-before", "longer-before", "1677", "2262", "2100"],
)
async def test_any_instant_has_its_place_and_disturbs_no_other(store: Store[Any], stores: Stores, at: int) -> None:
    await commit(store, submission("now"), submission("then", at=at))
    store = await stores.open()
    await commit(store, submission("now again"), *(submission(f"then {number}", at=at) for number in range(600)))
    entries = await read_all(store)
    there = [f"then {number}" for number in reversed(range(600))] + ["then"]
    assert messages(entries) == ([*there, "now again", "now"] if at > START else ["now again", "now", *there])
    assert {entry.event_time for entry in entries} == {START, at}


async def test_from_and_to_are_exact_to_the_nanosecond_even_for_entries_that_spilled(store: Store[Any]) -> None:
    # The later nanosecond of the same millisecond comes first, and fills it.
    await commit(store, *(submission(f"late {number}", at=START + 7) for number in range(300)))
    await commit(store, *(submission(f"early {number}", at=START + 6) for number in range(300)))
    await commit(store, submission("next", at=START + MILLISECOND))
    before = await read_all(store, EntryFilter(to_time=START + 7))
    since = await read_all(store, EntryFilter(from_time=START + 7))
    exactly = await read_all(store, EntryFilter(from_time=START + 7, to_time=START + 8))
    assert sorted(messages(before)) == sorted(f"early {number}" for number in range(300))
    assert sorted(messages(exactly)) == sorted(f"late {number}" for number in range(300))
    assert len(since) == 301
    assert await read_all(store, EntryFilter(from_time=START + 8, to_time=START + MILLISECOND)) == []


async def test_a_range_may_reach_over_all_of_time(store: Store[Any]) -> None:
    await commit(store, submission("first", at=-(2**63)), submission("last", at=2**63 - 1))
    assert messages(await read_all(store, EntryFilter(from_time=-(2**63), to_time=2**63 - 1))) == ["first"]


async def test_pages_stay_where_they_are_while_events_arrive(store: Store[Any]) -> None:
    for number in range(30):
        await commit(store, submission(f"{number}", at=START + number // 3 * MILLISECOND))
    page = await store.find_entries(1, EntryFilter(), Page(7))
    seen = messages(page.entries)
    while page.next_key is not None:
        await commit(store, submission("newer", at=START + 10**12))
        page = await store.find_entries(1, EntryFilter(), Page(7, page.next_key))
        seen += messages(page.entries)
    assert seen == [f"{number}" for number in reversed(range(30))]


async def test_the_last_page_says_so(store: Store[Any]) -> None:
    await commit(store, *(submission(f"{number}") for number in range(4)))
    page = await store.find_entries(1, EntryFilter(), Page(4))
    assert (len(page.entries), page.next_key) == (4, None)
    page = await store.find_entries(1, EntryFilter(), Page(3))
    assert page.next_key is not None
    page = await store.find_entries(1, EntryFilter(), Page(3, page.next_key))
    assert (messages(page.entries), page.next_key) == (["0"], None)
