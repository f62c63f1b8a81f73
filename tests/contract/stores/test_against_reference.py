"""Random histories: batches, clocks, restarts and housekeeping give what the reference says, to the unit."""

import random
from typing import Any

import pytest

from server.core.model import Entry, Level, Outcome, Receipt, Submission
from server.core.ports import Store
from tests.contract.stores.conftest import Stores
from tests.contract.stores.reference import REPEATED, ReferenceEntry, ReferenceStore
from tests.support.requests import request
from tests.support.stores import HOUR, MINUTE, SECOND, START, Clock, commit, read_all, submission

STEPS = 60


def random_submission(choose: random.Random, number: int, now: int, *, old_ids: bool = True) -> Submission:
    at = choose.choice([now, now, now + choose.randrange(-5, 5), START, 0, -(2**62), choose.randrange(2**62)])
    aggregated = choose.random() < 0.1
    return submission(
        f"{number}",
        organisation=choose.choice([1, 1, 2]),
        level=choose.choice([Level.INFO, Level.CRITICAL]),
        at=at,
        received=now + choose.randrange(-3, 3) * SECOND,
        key=choose.choice([None, None, "a", "b", "c", f"own {number}"]),
        interval=choose.choice([SECOND, 10 * SECOND, HOUR]),
        event_id=choose.choice([None, f"{choose.randrange(200)}" if old_ids else None, f"new {number}"]),
        send_notification=choose.choice([None, True, False]),
        event_count=choose.choice([2, 9, 1000]) if aggregated else 1,
        first_event_time=at - 5 if aggregated else None,
        last_event_time=at + 5 if aggregated else None,
        attributes=b'{"n":%d}' % number,
    )


class Sender:
    """Sends single events and requests, and requests again that are not an hour old."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose
        self._number = 0
        self._sent: list[tuple[int, list[Submission]]] = []

    def batch(self, now: int) -> list[Submission]:
        """Some of each; a request is whole."""
        batch: list[Submission] = []
        for _ in range(self._choose.choice([1, 1, 2, 5])):
            kind = self._choose.choice(["single", "request", "again", "again"])
            if kind == "request":
                batch += self._request(now)
            elif kind == "again" and (recent := [events for at, events in self._sent if abs(now - at) < HOUR]):
                batch += request(*(one := self._choose.choice(recent)), name=one[0].event.message)
            else:
                batch.append(random_submission(self._choose, self._next(), now))
        return batch

    def _request(self, now: int) -> list[Submission]:
        size = self._choose.choice([1, 2, 7, 60])
        events = [random_submission(self._choose, self._next(), now, old_ids=False) for _ in range(size)]
        # One organisation's, whose windows and ids are its own.
        events = [event for event in events if event.organisation_id == events[0].organisation_id]
        self._sent.append((now, events))
        return request(*events, name=events[0].event.message)

    def _next(self) -> int:
        self._number += 1
        return self._number


@pytest.mark.parametrize("seed", range(2))
async def test_a_random_history_of_requests_is_what_the_reference_says(
    store: Store[Any], stores: Stores, clock: Clock, seed: int
) -> None:
    choose = random.Random(seed)
    reference, sender = ReferenceStore(), Sender(choose)
    ids: dict[str, str] = {}
    for _ in range(STEPS):
        clock.now += choose.choice([0, 1, SECOND, 9 * SECOND, 2 * MINUTE, 9 * HOUR])
        if choose.random() < 0.2:
            store = await stores.open()
        if choose.random() < 0.2:
            await store.maintain()
        batch = sender.batch(clock.now)
        expected = reference.commit(batch, clock.now)
        receipts = _renamed(await commit(store, *batch), ids)
        for receipt, wanted in zip(receipts, expected, strict=True):
            assert receipt == wanted or (wanted is REPEATED and receipt.outcome == Outcome.DUPLICATE)
    for organisation in (1, 2):
        _assert_entries_equal(await read_all(store, organisation=organisation), reference, ids, organisation)


@pytest.mark.parametrize("seed", range(6))
async def test_a_random_history_is_what_the_reference_says(
    store: Store[Any], stores: Stores, clock: Clock, seed: int
) -> None:
    choose = random.Random(seed)
    reference = ReferenceStore()
    ids: dict[str, str] = {}
    number = swept = 0
    for _ in range(STEPS):
        # A clock set back before the last housekeeping may find windows gone that it would still be in.
        clock.now = max(
            swept, clock.now + choose.choice([0, 1, SECOND, 9 * SECOND, -SECOND // 2, 2 * MINUTE, 9 * HOUR])
        )
        if choose.random() < 0.1:
            store = await stores.open()
        if choose.random() < 0.2:
            await store.maintain()
            swept = clock.now
        size = choose.choice([1, 1, 2, 5, 30, 300])
        batch = [random_submission(choose, number + place, clock.now) for place in range(size)]
        number += size
        expected = reference.commit(batch, clock.now)
        assert _renamed(await commit(store, *batch), ids) == expected
    for organisation in (1, 2):
        _assert_entries_equal(
            await read_all(store, organisation=organisation, page_size=97), reference, ids, organisation
        )


def _renamed(receipts: list[Receipt], ids: dict[str, str]) -> list[Receipt]:
    """Receipts with the reference's names: an entry's number is that of its arrival."""
    for receipt in receipts:
        if receipt.outcome == Outcome.STORED:
            assert receipt.entry_id not in ids
            ids[receipt.entry_id] = str(len(ids))
    return [Receipt(receipt.outcome, ids[receipt.entry_id], receipt.event_count) for receipt in receipts]


def _assert_entries_equal(
    entries: list[Entry], reference: ReferenceStore, ids: dict[str, str], organisation: int
) -> None:
    expected = [entry for entry in reference.entries if entry.opener.organisation_id == organisation]
    by_number = {int(ids[entry.id]): entry for entry in entries}
    assert sorted(by_number) == [entry.number for entry in expected]
    for entry in expected:
        _assert_equal(by_number[entry.number], entry)


def _assert_equal(entry: Entry, expected: ReferenceEntry) -> None:
    opener = expected.opener
    assert (entry.message, entry.level, entry.attributes) == (
        opener.event.message,
        opener.event.level,
        opener.event.attributes,
    )
    assert (entry.event_time, entry.receive_time) == (opener.event_time, opener.receive_time)
    assert (entry.event_count, entry.first_event_time, entry.last_event_time) == (
        expected.count,
        expected.first,
        expected.last,
    )
    assert entry.window_end_time == expected.window_end
    assert entry.notification.requested == expected.requested
    assert [(sample.event_count, sample.message, sample.attributes) for sample in entry.samples] == [
        (count, event.message, event.attributes) for count, event in expected.samples
    ]
