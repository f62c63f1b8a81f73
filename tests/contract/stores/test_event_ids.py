"""An event that is sent again with its id is known again: counted once, whatever it asked for."""

from typing import Any

from server.core.model import Outcome, Receipt
from server.core.ports import Store
from tests.contract.stores.conftest import Stores
from tests.support.stores import HOUR, SECOND, Clock, commit, messages, read_all, read_entry, submission

STORED, DEBOUNCED, DUPLICATE = Outcome.STORED, Outcome.DEBOUNCED, Outcome.DUPLICATE


def outcomes(receipts: list[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


async def test_a_retry_is_known_in_the_same_batch_in_a_later_one_and_after_a_restart(
    store: Store[Any], stores: Stores
) -> None:
    first, same_batch = await commit(store, submission("first", event_id="a"), submission("again", event_id="a"))
    [later] = await commit(store, submission("again", event_id="a"))
    store = await stores.open()
    [after_restart] = await commit(store, submission("again", event_id="a"))
    assert first.outcome == STORED
    assert same_batch == later == after_restart == Receipt(DUPLICATE, first.entry_id, 1)
    assert messages(await read_all(store)) == ["first"]


async def test_another_id_is_another_event_and_so_is_none(store: Store[Any]) -> None:
    receipts = await commit(
        store, submission(event_id="a"), submission(event_id="A"), submission(), submission(), submission(event_id="a ")
    )
    assert outcomes(receipts) == [STORED] * 5


async def test_ids_of_two_organisations_never_meet(store: Store[Any]) -> None:
    receipts = await commit(store, submission(event_id="a"), submission(event_id="a", organisation=2))
    receipts += await commit(store, submission(event_id="a"), submission(event_id="a", organisation=2))
    assert outcomes(receipts) == [STORED, STORED, DUPLICATE, DUPLICATE]
    assert [receipt.entry_id for receipt in receipts[:2]] == [receipt.entry_id for receipt in receipts[2:]]


async def test_an_id_is_forgotten_after_24_hours(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(event_id="a"))
    clock.now += 24 * HOUR - 1
    for _ in range(3):
        await store.maintain()
    assert outcomes(await commit(store, submission(event_id="a"))) == [DUPLICATE]
    clock.now += 1
    # With and without housekeeping, and a duplicate does not make the id younger.
    assert outcomes(await commit(store, submission(event_id="a"))) == [STORED]
    clock.now += 24 * HOUR
    await store.maintain()
    assert outcomes(await commit(store, submission(event_id="a"), submission(event_id="a"))) == [STORED, DUPLICATE]
    assert len(await read_all(store)) == 3


async def test_the_time_of_the_event_says_nothing_about_the_age_of_its_id(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(event_id="a", at=0), submission(event_id="b", at=clock.now + 900 * HOUR))
    clock.now += 23 * HOUR
    assert outcomes(await commit(store, submission(event_id="a"), submission(event_id="b"))) == [DUPLICATE] * 2


async def test_a_retry_of_a_repeat_is_counted_once(store: Store[Any]) -> None:
    receipts = await commit(
        store,
        submission(key="k", event_id="a"),
        submission(key="k", event_id="b"),
        submission(key="k", event_id="a"),
        submission(key="k", event_id="b"),
        submission(key="k", event_id="c"),
        submission(key="k", event_id="a"),
    )
    assert outcomes(receipts) == [STORED, DEBOUNCED, DUPLICATE, DUPLICATE, DEBOUNCED, DUPLICATE]
    assert [receipt.event_count for receipt in receipts] == [1, 2, 2, 2, 3, 3]
    assert len({receipt.entry_id for receipt in receipts}) == 1
    [entry] = await read_all(store)
    assert entry.event_count == 3


async def test_a_duplicates_receipt_says_what_its_entry_counts_by_then(store: Store[Any], stores: Stores) -> None:
    await commit(store, submission(key="k", event_id="a"), submission(key="k"))
    store = await stores.open()
    receipts = await commit(
        store,
        submission(key="k", event_id="a"),
        submission(key="k", event_count=5),
        submission(key="k", event_id="b"),
        submission(key="k", event_id="a"),
        submission(key="k", event_id="b"),
    )
    assert [receipt.event_count for receipt in receipts] == [2, 7, 8, 8, 8]


async def test_an_id_names_its_entry_when_the_window_is_over_or_no_longer_wanted(
    store: Store[Any], clock: Clock
) -> None:
    first, _ = await commit(store, submission(key="k", event_id="a"), submission(key="k", event_id="b"))
    clock.now += 10 * SECOND
    receipts = await commit(
        store,
        submission(key="k", event_id="b"),
        submission(event_id="a"),
        submission(key="another", event_id="a"),
        submission(key="k", event_id="c"),
    )
    assert outcomes(receipts) == [DUPLICATE, DUPLICATE, DUPLICATE, STORED]
    assert [receipt.event_count for receipt in receipts] == [2, 2, 2, 1]
    assert {receipt.entry_id for receipt in receipts[:3]} == {first.entry_id}


async def test_a_plain_event_and_a_debounced_one_with_one_id_are_one_event(store: Store[Any]) -> None:
    first, second = await commit(store, submission(event_id="a"), submission(key="k", event_id="a"))
    assert (second.outcome, second.entry_id) == (DUPLICATE, first.entry_id)
    # The window was not opened by a duplicate.
    assert outcomes(await commit(store, submission(key="k", event_id="b"))) == [STORED]


async def test_the_entry_tells_the_id(store: Store[Any]) -> None:
    [receipt] = await commit(store, submission(event_id="order/25000233"))
    assert (await read_entry(store, receipt.entry_id)).event_id == "order/25000233"


async def test_thousands_of_ids_at_once_are_all_known_again(store: Store[Any]) -> None:
    batch = [submission(f"{n}", event_id=f"{n}") for n in range(4000)]
    first = await commit(store, *batch)
    again = await commit(store, *reversed(batch))
    assert outcomes(again) == [DUPLICATE] * 4000
    assert [receipt.entry_id for receipt in again] == [receipt.entry_id for receipt in reversed(first)]
