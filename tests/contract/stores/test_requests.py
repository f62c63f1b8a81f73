"""A request that is sent again is stored once, whatever its events ask for."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from server.core.model import Outcome, Receipt, Submission
from server.core.ports import Store
from tests.contract.stores.conftest import Stores
from tests.support.requests import request
from tests.support.stores import SECOND, START, Clock, commit, messages, read_all, read_entry, submission

STORED, DEBOUNCED, DUPLICATE = Outcome.STORED, Outcome.DEBOUNCED, Outcome.DUPLICATE


def outcomes(receipts: list[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


def plain() -> list[Submission]:
    """Three equal events, which only a request can tell from a retry."""
    return [submission("same") for _ in range(3)]


def mixed() -> list[Submission]:
    return [
        submission("plain"),
        submission("window", key="k"),
        submission("plain", at=START + SECOND),
        submission("window", key="k"),
        submission("id", event_id="a"),
        submission("id", event_id="a"),
        submission("window", key="k", event_id="b"),
        submission("other window", key="l", event_count=7),
    ]


async def counts(store: Store[Any], organisation: int = 1) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in await read_all(store, organisation=organisation):
        found[entry.message] += entry.event_count
    return found


MIXED = Counter({"plain": 2, "window": 3, "id": 1, "other window": 7})


async def test_the_same_request_is_known_in_a_later_commit_and_after_a_restart(
    store: Store[Any], stores: Stores
) -> None:
    first = await commit(store, *request(*plain()))
    later = await commit(store, *request(*plain()))
    store = await stores.open()
    after_restart = await commit(store, *request(*plain()))
    assert outcomes(first) == [STORED] * 3
    assert outcomes(later) == outcomes(after_restart) == [DUPLICATE] * 3
    assert {receipt.entry_id for receipt in later} <= {receipt.entry_id for receipt in first}
    assert [receipt.event_count for receipt in later] == [1] * 3
    assert messages(await read_all(store)) == ["same"] * 3


async def test_the_same_request_twice_in_one_commit_is_one(store: Store[Any]) -> None:
    receipts = await commit(store, *request(*plain()), *request(*plain()), submission("between"), *request(*plain()))
    assert outcomes(receipts) == [STORED] * 3 + [DUPLICATE] * 3 + [STORED] + [DUPLICATE] * 3
    assert await counts(store) == {"same": 3, "between": 1}


async def test_another_request_another_organisation_and_no_request_are_other_events(store: Store[Any]) -> None:
    receipts = await commit(
        store,
        *request(*plain()),
        *request(*plain(), name="another"),
        *request(*(submission("same", organisation=2) for _ in range(3))),
        *plain(),
    )
    receipts += await commit(store, *plain(), *request(*plain(), name="a third"))
    assert outcomes(receipts) == [STORED] * 18
    assert await counts(store) == {"same": 15}
    assert await counts(store, organisation=2) == {"same": 3}


async def test_windows_and_event_ids_of_a_repeated_request_count_once(store: Store[Any], stores: Stores) -> None:
    receipts = await commit(store, *request(*mixed()))
    assert outcomes(receipts) == [STORED, STORED, STORED, DEBOUNCED, STORED, DUPLICATE, DEBOUNCED, STORED]
    assert await counts(store) == MIXED
    entries = await read_all(store)
    again = await commit(store, *request(*mixed()), *request(*mixed()))
    assert outcomes(again) == [DUPLICATE] * 16
    store = await stores.open()
    assert outcomes(await commit(store, *request(*mixed()))) == [DUPLICATE] * 8
    assert await read_all(store) == entries


async def test_windows_of_a_repeated_request_count_once_though_they_are_over(store: Store[Any], clock: Clock) -> None:
    await commit(store, *request(*mixed()))
    clock.now += 10 * SECOND
    assert outcomes(await commit(store, *request(*mixed()))) == [DUPLICATE] * 8
    assert await counts(store) == MIXED
    # A duplicate opened nothing.
    assert outcomes(await commit(store, submission("next", key="k"))) == [STORED]


async def test_requests_that_meet_in_a_window_are_each_known_again(store: Store[Any], clock: Clock) -> None:
    def one() -> list[Submission]:
        own_id = submission("w", key="k", event_id="a")
        return request(submission("w", key="k"), own_id, *(submission("w", key="k") for _ in range(2)), name="one")

    def other(name: str) -> list[Submission]:
        return request(submission("w", key="k"), submission("plain"), submission("w", key="k"), name=name)

    first = await commit(store, *one(), *other("other"), submission("w", key="k"))
    assert outcomes(first) == [STORED, *[DEBOUNCED] * 4, STORED, DEBOUNCED, DEBOUNCED]
    mixed_up = await commit(store, *other("third"), *one(), submission("w", key="k"), *other("other"))
    assert outcomes(mixed_up) == [DEBOUNCED, STORED, DEBOUNCED, *[DUPLICATE] * 4, DEBOUNCED, *[DUPLICATE] * 3]
    assert await counts(store) == {"w": 4 + 2 + 1 + 2 + 1, "plain": 2}
    clock.now += 10 * SECOND
    assert outcomes(await commit(store, submission("next", key="k"))) == [STORED]
    late = await commit(store, *other("fourth"), *one(), *other("third"))
    assert outcomes(late) == [DEBOUNCED, STORED, DEBOUNCED, *[DUPLICATE] * 7]
    assert {receipt.entry_id for receipt in late[3:7]} == {first[0].entry_id}
    assert await counts(store) == {"w": 10, "next": 1 + 2, "plain": 3}


async def test_an_event_of_a_window_that_was_refused_at_first_is_not_counted_later(store: Store[Any]) -> None:
    events = [submission("w", key="k") for _ in range(3)]
    arrival = request(*events)
    await commit(store, arrival[0], arrival[2])
    assert outcomes(await commit(store, *request(*events))) == [DUPLICATE] * 3
    assert await counts(store) == {"w": 2}


async def test_events_of_a_request_that_are_known_by_their_id_alone_are_counted_once(store: Store[Any]) -> None:
    await commit(store, submission("id", event_id="a"))
    first = await commit(store, *request(*mixed()))
    again = await commit(store, *request(*mixed()))
    assert outcomes(first)[4:6] == [DUPLICATE] * 2
    assert outcomes(again) == [DUPLICATE] * 8
    # An id that a request brought is known outside of it.
    assert outcomes(await commit(store, submission("id", event_id="b"), submission("id", event_id="a"))) == (
        [DUPLICATE] * 2
    )
    assert await counts(store) == MIXED


async def test_a_request_whose_first_events_were_refused_is_known_again(store: Store[Any]) -> None:
    first = request(*mixed(), size=12)[3:]
    again = request(*mixed(), size=12)[3:]
    await commit(store, *first)
    assert set(outcomes(await commit(store, *again))) == {DUPLICATE}
    assert await counts(store) == {"window": 2, "id": 1, "other window": 7}


async def test_the_events_of_a_request_stand_in_the_order_of_their_arrival(store: Store[Any]) -> None:
    one, other = request(*(submission(f"{n}") for n in range(4))), submission("other")
    prepared = [store.prepare(one[0]), store.prepare(one[1]), store.prepare(other), *map(store.prepare, one[2:])]
    await store.commit([prepared[0], prepared[1], *prepared[3:], prepared[2]])
    assert [message for message in messages(await read_all(store)) if message != "other"] == ["3", "2", "1", "0"]


async def test_thousands_of_events_of_one_request_are_known_again(store: Store[Any]) -> None:
    events = [submission("same") for _ in range(3000)]
    assert set(outcomes(await commit(store, *request(*events)))) == {STORED}
    assert set(outcomes(await commit(store, *request(*events)))) == {DUPLICATE}
    assert await counts(store) == {"same": 3000}


@pytest.mark.parametrize("backend", ["mongo"], indirect=True)
async def test_two_processes_with_one_request_at_once_both_answer_and_store_it_once(
    store: Store[Any], backend: Any, clock: Clock
) -> None:
    other = await backend.open(clock)
    try:
        for n in range(5):
            receipts = await asyncio.gather(
                commit(store, *request(*mixed(), name=f"{n}")), commit(other, *request(*mixed(), name=f"{n}"))
            )
            assert [len(some) for some in receipts] == [8, 8]
            for receipt in (*receipts[0], *receipts[1]):
                await read_entry(store, receipt.entry_id)
        assert await counts(store) == {"plain": 10, "window": 11, "id": 1, "other window": 35}
        assert set(outcomes(await commit(other, *request(*mixed(), name="0")))) == {DUPLICATE}
    finally:
        await other.close()
