"""Entries that somebody deletes: they are gone at once, with their window, and their events stay known."""

from typing import Any

from server.core.model import Level, Outcome
from server.core.ports import Store
from server.core.query import EntryFilter
from tests.contract.stores.conftest import Stores
from tests.support.stores import START, commit, messages, read_all, read_entry, submission


async def test_named_entries_go_and_no_others(store: Store[Any]) -> None:
    receipts = await commit(store, *[submission(f"{n}", at=START + n * 1_000_000) for n in range(5)])
    ids = [receipt.entry_id for receipt in receipts]
    assert await store.delete_entries(1, [ids[1], ids[3], "not an id", ids[1]]) == 2
    assert messages(await read_all(store)) == ["4", "2", "0"]
    assert await store.get_entry(1, ids[1]) is None
    assert await store.delete_entries(1, [ids[1]]) == 0


async def test_another_organisations_entry_stays(store: Store[Any]) -> None:
    [receipt] = await commit(store, submission("theirs", organisation=2))
    assert await store.delete_entries(1, [receipt.entry_id]) == 0
    assert messages(await read_all(store, organisation=2)) == ["theirs"]


async def test_a_window_ends_with_its_entry(store: Store[Any], stores: Stores) -> None:
    [first] = await commit(store, submission("first", key="k"))
    await commit(store, *[submission("repeat", key="k") for _ in range(3)])
    assert await store.delete_entries(1, [first.entry_id]) == 1
    [second] = await commit(store, submission("second", key="k"))
    assert (second.outcome, second.event_count) == (Outcome.STORED, 1)
    [repeat] = await commit(store, submission("repeat", key="k"))
    assert (repeat.outcome, repeat.event_count) == (Outcome.DEBOUNCED, 2)
    store = await stores.open()
    [repeat] = await commit(store, submission("repeat", key="k"))
    assert (repeat.outcome, repeat.entry_id, repeat.event_count) == (Outcome.DEBOUNCED, second.entry_id, 3)
    entry = await read_entry(store, second.entry_id)
    assert [sample.event_count for sample in entry.samples] == [2, 3]
    assert messages(await read_all(store)) == ["second"]


async def test_a_window_that_nobody_remembers_ends_with_its_entry(store: Store[Any], stores: Stores) -> None:
    [first] = await commit(store, submission("first", key="k"))
    store = await stores.open()
    assert await store.delete_entries(1, [first.entry_id]) == 1
    [second] = await commit(store, submission("second", key="k"))
    assert (second.outcome, second.event_count) == (Outcome.STORED, 1)


async def test_the_event_of_a_deleted_entry_is_known_when_it_is_sent_again(store: Store[Any], stores: Stores) -> None:
    plain, opened = await commit(store, submission("plain", event_id="a"), submission("opened", event_id="b", key="k"))
    await commit(store, submission("repeated", event_id="c", key="k"))
    assert await store.delete_entries(1, [plain.entry_id, opened.entry_id]) == 2
    for _ in range(2):
        again = await commit(
            store,
            submission("plain", event_id="a"),
            submission("opened", event_id="b", key="k"),
            submission("repeated", event_id="c", key="k"),
        )
        assert [receipt.outcome for receipt in again] == [Outcome.DUPLICATE] * 3
        assert await read_all(store) == []
        store = await stores.open()


async def test_what_is_left_of_deleted_entries_is_in_nobodys_way(store: Store[Any]) -> None:
    receipts = await commit(store, *[submission(f"{n}", event_id=f"{n}") for n in range(300)])
    await store.delete_entries(1, [receipt.entry_id for receipt in receipts[:-1]])
    assert messages(await read_all(store)) == ["299"]
    assert messages(await read_all(store, EntryFilter(levels=frozenset({Level.INFO})))) == ["299"]
    assert messages(await read_all(store, page_size=1)) == ["299"]


async def test_usage_counts_what_is_there(store: Store[Any]) -> None:
    [_, opened] = await commit(store, submission("x" * 100), submission("y", key="k", level=Level.ERROR))
    await commit(store, submission("y", key="k", level=Level.ERROR), submission("another's", organisation=2))
    usage = await store.read_usage(1)
    assert {level: (one.entries, one.events) for level, one in usage.levels.items()} == {
        Level.INFO: (1, 1),
        Level.ERROR: (1, 2),
    }
    assert usage.levels[Level.INFO].bytes > 100
    assert usage.database_bytes > 0
    await store.delete_entries(1, [opened.entry_id])
    assert set((await store.read_usage(1)).levels) == {Level.INFO}


async def test_what_is_known_of_a_deleted_entry_is_never_anothers(store: Store[Any], stores: Stores) -> None:
    """A file may give the key of a deleted entry to a new one after a restart: of the same millisecond."""
    [mine] = await commit(store, submission("mine", event_id="id"))
    await store.delete_entries(1, [mine.entry_id])
    store = await stores.open()
    await commit(store, *[submission("theirs", organisation=2, key="k") for _ in range(7)])
    [again] = await commit(store, submission("mine", event_id="id"))
    assert (again.outcome, again.entry_id, again.event_count) == (Outcome.DUPLICATE, mine.entry_id, 1)
