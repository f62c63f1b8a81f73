"""A process may die between any two operations, or behind any: what it had acknowledged stays, nothing counts twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

import pytest
from pymongo.errors import AutoReconnect

from server.core.errors import StoreUnavailable
from server.core.model import Entry, Outcome, Submission
from server.core.organisation_settings import periods_of
from server.core.purge import purge_all
from server.storage.mongo.folding import _fold_update, fold_durably
from server.storage.mongo.store import MongoStore
from tests.storage.mongo.opening import mongo_store
from tests.support.dying_driver import Died, DyingClient, Fate, Moment
from tests.support.mongo_databases import Databases
from tests.support.stores import HOUR, SECOND, START, Clock, commit, read_all, submission
from tests.support.waiting import until

_MOST_OPERATIONS = 60
_ANOTHER_DAY = 25 * HOUR


def earlier() -> list[Submission]:
    """What another process had stored: open windows, one that is over, ids of today and of the day before."""
    return [
        submission("open", key="open", event_id="opener", interval=20 * HOUR),
        submission("over", key="over", event_id="over"),
        submission("known", event_id="known"),
        submission("known, debounced", key="open", event_id="known-debounced"),
    ]


def batch() -> list[Submission]:
    """A bit of everything that a commit can meet; `anonymous` has no ids."""
    return [
        submission("plain", event_id="plain"),
        submission("anonymous"),
        submission("duplicate", event_id="known"),
        submission("duplicate", key="open", event_id="known-debounced"),
        submission("twice", event_id="twice"),
        submission("twice", key="open", event_id="twice"),
        submission("forgotten", event_id="old"),
        submission("forgotten", key="open", event_id="old-debounced"),
        *(submission(f"repeat {n}", key="open", event_id=f"repeat-{n}") for n in range(12)),
        *(submission(f"new {n}", key="new", event_id=f"new-{n}") for n in range(3)),
        submission("after the end", key="over", event_id="after-1"),
        submission("after the end", key="over", event_id="after-2"),
        submission("foreign", organisation=2, key="open", event_id="known"),
    ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def prepare(url: str, clock: Clock) -> None:
    async with mongo_store(url, clock) as store:
        await store.create_organisation("one")
        await store.create_organisation("two")
        clock.now = START - _ANOTHER_DAY
        await commit(store, submission("old", event_id="old"), submission("old", key="old", event_id="old-debounced"))
        await commit(store, submission("old", key="old", event_id="old-debounced-2"))
        clock.now = START
        await commit(store, *earlier())
        clock.now = START + 11 * SECOND


async def die(url: str, clock: Clock, work: Callable[[MongoStore], Awaitable[object]], at: tuple[int, Moment]) -> bool:
    """Let a process die at an operation; whether it got that far."""
    fate = Fate()
    with suppress(Died):
        async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
            fate.countdown, fate.moment = at
            await work(store)
            fate.countdown = None
    return fate.struck


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_commit_that_died_anywhere_is_sent_again_and_counts_once(
    mongodb: Databases, clock: Clock, moment: Moment
) -> None:
    for place in range(_MOST_OPERATIONS):
        url = mongodb.empty("deaths")
        await prepare(url, clock)
        died = await die(url, clock, lambda store: commit(store, *batch()), (place, moment))
        async with mongo_store(url, clock) as store:
            if place % 2:
                await store._settling.adopt(before=clock.now + 1)
            receipts = await commit(store, *batch())
            again = await commit(store, *(event for event in batch() if event.id_hash is not None))
            assert {receipt.outcome for receipt in again} == {Outcome.DUPLICATE}
            anonymous = await _require_exact(store)
            assert anonymous in ((1, 2) if died else (2,)), place
            await store._settling.adopt(before=clock.now + 1)
            assert await _require_exact(store) == anonymous
            assert receipts[0].event_count == receipts[1].event_count == 1
        if not died:
            assert place > 5
            return
    pytest.fail("A commit takes more operations than it may.")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_housekeeping_that_died_anywhere_changes_no_count(
    mongodb: Databases, clock: Clock, moment: Moment
) -> None:
    for place in range(_MOST_OPERATIONS):
        url = mongodb.empty("deaths")
        await prepare(url, clock)

        async def work(store: MongoStore) -> None:
            await commit(store, *batch())
            await store.maintain()
            await store._settling.adopt(before=clock.now + 1)

        died = await die(url, clock, work, (place, moment))
        async with mongo_store(url, clock) as store:
            await commit(store, *batch())
            await _require_exact(store)
            await store.maintain()
            await _require_exact(store)
        if not died:
            assert place > 8
            return
    pytest.fail("Housekeeping takes more operations than it may.")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_purge_that_died_anywhere_is_finished_by_the_next_one(
    mongodb: Databases, clock: Clock, moment: Moment
) -> None:
    periods = periods_of({2: {"retention_info": 365 * 86_400_000}})
    for place in range(_MOST_OPERATIONS):
        url = mongodb.empty("deaths")
        clock.now = START
        await prepare(url, clock)
        async with mongo_store(url, clock) as store:
            await commit(store, *batch())
        clock.now = now = START + 20 * _ANOTHER_DAY

        async def work(store: MongoStore, now: int = now) -> None:
            await commit(store, submission("young", at=now, event_id="plain"))
            await purge_all(store, periods, now=now)

        died = await die(url, clock, work, (place, moment))
        async with mongo_store(url, clock) as store:
            await commit(store, submission("young", at=now, event_id="plain"))
            await purge_all(store, periods, now=now)
            assert [entry.message for entry in await read_all(store)] == ["young"]
            assert [entry.message for entry in await read_all(store, organisation=2)] == ["foreign"]
            assert await store._entries.samples.count_documents({}) == 0
        if not died:
            assert place > 3
            return
    pytest.fail("A purge takes more operations than it may.")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_reply_that_is_lost_anywhere_is_found_out_or_the_commit_fails(
    mongodb: Databases, clock: Clock, moment: Moment
) -> None:
    for place in range(_MOST_OPERATIONS):
        url = mongodb.empty("deaths")
        await prepare(url, clock)
        fate = Fate(AutoReconnect)
        async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
            fate.countdown, fate.moment = place, moment
            try:
                receipts = await commit(store, *batch())
                acknowledged = [receipts[n].outcome for n in (0, 1, 2)]
                assert acknowledged == [Outcome.STORED, Outcome.STORED, Outcome.DUPLICATE]
                # Even without an id: nobody has to send it again.
                assert await _require_exact(store) == 1
            except StoreUnavailable:
                assert fate.struck
            fate.countdown = None
            await until(lambda: store._connection._reason is None)
            await commit(store, *batch())
            assert await _require_exact(store) in (1, 2)
        if not fate.struck:
            assert place > 5
            return
    pytest.fail("A commit takes more operations than it may.")


async def test_pages_that_many_fold_at_once_again_and_out_of_order_count_once(mongodb: Databases, clock: Clock) -> None:
    url = mongodb.empty("deaths")
    await prepare(url, clock)
    async with mongo_store(url, clock) as one, mongo_store(url, clock) as other:
        for store in (one, other, one, other, one):
            await commit(store, submission(key="open"))
        (entry,) = [entry for entry in await read_all(one) if entry.debounce_key == "open"]
        entries = one._entries.durable
        pages = [page async for page in entries.find({"number": {"$exists": True}, "organisation": 1})]
        # As if none of the sums had reached the next primary.
        ids = [page["_id"] for page in pages]
        await entries.update_many({"_id": {"$in": ids}}, [{"$set": {"unfolded": "$entry"}}])
        await entries.update_many({"folds": {"$exists": True}}, {"$unset": {"folds": 1}, "$set": {"event_count": 2}})
        for seed in range(5):
            shuffled = Random(seed).sample(pages, len(pages))
            late = [_fold_update(page) for page in shuffled]
            await asyncio.gather(
                entries.bulk_write(late, ordered=False),
                fold_durably(one._entries, pages),
                fold_durably(other._entries, shuffled),
                one._settling.adopt(before=clock.now + 1),
                other._settling.adopt(before=clock.now + 1),
            )
            assert await one.get_entry(1, entry.id) == entry


async def test_the_pages_of_a_process_that_died_are_adopted_once(mongodb: Databases, clock: Clock) -> None:
    url = mongodb.empty("deaths")
    await prepare(url, clock)
    moments: list[Moment] = ["before", "after", "before", "after"]
    for moment in moments:
        # It is refused, learns of the window, and inserts its page; then it folds.
        await die(url, clock, lambda store: commit(store, submission(key="open")), (3, moment))
    async with mongo_store(url, clock) as one, mongo_store(url, clock) as other:
        before = [entry.event_count for entry in await read_all(one)]
        assert await other._entries.durable.count_documents({"unfolded": {"$exists": True}}) == 4
        assert max(before) == 2 + 4
        for store in (one, other, one):
            await store._settling.adopt(before=clock.now + 1)
            assert [entry.event_count for entry in await read_all(store)] == before
        assert await other._entries.durable.count_documents({"unfolded": {"$exists": True}}) == 0
        (receipt,) = await commit(other, submission(key="open"))
        assert receipt.event_count == max(before) + 1


async def _require_exact(store: MongoStore) -> int:
    """Every event with an id is counted once; how often the one without is."""
    entries = await read_all(store)
    counts = _counts(entries)
    anonymous = counts.pop((None, "anonymous"))
    assert counts == {
        # A window of the day before: its opener, and two ids that are free again.
        (None, "old"): 1,
        ("old", "old"): 2,
        (None, "known"): 1,
        (None, "plain"): 1,
        (None, "twice"): 1,
        (None, "forgotten"): 1,
        ("open", "open"): 2 + 1 + 12,
        ("new", "new 0"): 3,
        ("over", "over"): 1,
        ("over", "after the end"): 2,
    }
    assert _counts(await read_all(store, organisation=2)) == {("open", "foreign"): 1}
    return anonymous


def _counts(entries: list[Entry]) -> Counter[tuple[str | None, str]]:
    counts: Counter[tuple[str | None, str]] = Counter()
    for entry in entries:
        counts[entry.debounce_key, entry.message] += entry.event_count
    return counts
