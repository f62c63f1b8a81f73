"""A request whose first attempt died anywhere is completed by the next one, and nothing of it is doubled."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from pymongo.errors import AutoReconnect

from server.core.errors import StoreUnavailable
from server.core.model import NANOSECONDS_PER_SECOND, Outcome, Submission
from server.storage.mongo.schema import REQUESTS
from server.storage.mongo.store import MongoStore
from tests.storage.mongo.opening import mongo_store
from tests.support.dying_driver import Died, DyingClient, Fate, Moment
from tests.support.mongo_databases import Databases
from tests.support.requests import request
from tests.support.stores import HOUR, START, Clock, commit, read_all, submission
from tests.support.waiting import until

_MOST_OPERATIONS = 40
EXPECTED = Counter({"plain": 6, "opens": 4, "open": 3 + 1, "known": 1, "id": 1})


def events() -> list[Submission]:
    """A bit of everything that a request can have, in an organisation that has some of it."""
    return [
        *(submission("plain", at=START + n % 2) for n in range(6)),
        *(submission("opens", key="new", interval=HOUR) for _ in range(4)),
        *(submission("repeats", key="open", interval=HOUR) for _ in range(3)),
        submission("known", event_id="known"),
        submission("id", event_id="id"),
        submission("id", event_id="id", key="new", interval=HOUR),
    ]


async def prepare(url: str, clock: Clock) -> None:
    async with mongo_store(url, clock) as store:
        await store.create_organisation("one")
        await commit(store, submission("known", event_id="known"), submission("open", key="open", interval=HOUR))


async def counts(store: MongoStore) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in await read_all(store):
        found[entry.message] += entry.event_count
    return found


def fates(error: type[BaseException]) -> Iterator[Fate]:
    for place in range(_MOST_OPERATIONS):
        fate = Fate(error)
        yield fate
        if not fate.struck:
            assert place > 4
            return
    pytest.fail("A commit takes more operations than it may.")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_attempt_that_died_anywhere_is_completed_by_another_process(
    mongodb: Databases, moment: Moment
) -> None:
    for place, fate in enumerate(fates(Died)):
        clock = Clock()
        url = mongodb.empty("requests")
        await prepare(url, clock)
        with suppress(Died):
            async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
                fate.countdown, fate.moment = place, moment
                await commit(store, *request(*events()))
                fate.countdown = None
        async with mongo_store(url, clock) as store:
            receipts = await commit(store, *request(*events()))
            assert await counts(store) == EXPECTED, place
            assert len(receipts) == len(events())
            again = await commit(store, *request(*events()))
            assert {receipt.outcome for receipt in again} == {Outcome.DUPLICATE}
            assert [receipt.entry_id for receipt in again] == [receipt.entry_id for receipt in receipts]
            assert await counts(store) == EXPECTED, place


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_reply_that_was_lost_anywhere_doubles_nothing_when_the_same_process_tries_again(
    mongodb: Databases, moment: Moment
) -> None:
    for place, fate in enumerate(fates(AutoReconnect)):
        clock = Clock()
        url = mongodb.empty("requests")
        await prepare(url, clock)
        async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
            fate.countdown, fate.moment = place, moment
            with suppress(StoreUnavailable):
                await commit(store, *request(*events()))
            fate.countdown = None
            await until(partial(_answers, store))
            await commit(store, *request(*events()))
            assert await counts(store) == EXPECTED, place


async def test_an_attempt_that_died_anywhere_is_completed_though_its_window_is_over(mongodb: Databases) -> None:
    def arrival(name: str) -> list[Submission]:
        own_id = submission(name, key="w", event_id=name)
        others = submission(name, key="open", interval=HOUR), submission(name)
        return request(*(submission(name, key="w") for _ in range(3)), own_id, *others, name=name)

    for place, fate in enumerate(fates(Died)):
        clock = Clock()
        url = mongodb.empty("requests")
        await prepare(url, clock)
        with suppress(Died):
            async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
                fate.countdown, fate.moment = place, "after"
                await commit(store, *arrival("one"), *arrival("two"))
                fate.countdown = None
        clock.now += HOUR
        async with mongo_store(url, clock) as store:
            await commit(store, submission("next", key="w", interval=HOUR))
            receipts = await commit(store, *arrival("two"), *arrival("three"), *arrival("one"))
            assert {receipt.outcome for receipt in receipts[6:10]} == {Outcome.DEBOUNCED}
            found: Counter[str | None] = Counter()
            for entry in await read_all(store):
                found[entry.debounce_key] += entry.event_count
            # "next" and "open" are not of the requests, nor is the plain "known".
            assert found == {"w": 1 + 3 * 4, "open": 1 + 3, None: 1 + 3}, place
            again = await commit(store, *arrival("one"), *arrival("two"), *arrival("three"))
            assert {receipt.outcome for receipt in again} == {Outcome.DUPLICATE}


async def test_the_events_of_a_request_for_a_window_have_one_claim(mongodb: Databases) -> None:
    async with mongo_store(mongodb.empty("requests"), Clock()) as store:
        await store.create_organisation("one")
        own_id = submission(key="k", event_id="a")
        await commit(store, *request(*(submission(key="k") for _ in range(500)), own_id))
        requests = [request(*(submission(key="k") for _ in range(500)), name=name) for name in ("2", "3")]
        await commit(store, *requests[0], *requests[1])
        assert await store._entries.durable.count_documents({"event_ids": {"$size": 2}}) == 2
        # Only plain events have to find the `_id`s that they had.
        assert await store._connection.database[REQUESTS].count_documents({}) == 0


async def test_what_an_attempt_had_stored_by_half_is_known_and_the_rest_added(mongodb: Databases) -> None:
    clock = Clock()
    url = mongodb.empty("requests")
    await prepare(url, clock)
    async with mongo_store(url, clock) as store:
        first = await commit(store, *request(*events()))
        plain = [receipt.entry_id for receipt in first[:6]]
        gone = [await _remove(store, entry_id) for entry_id in plain[::2]]
        assert len(gone) == 3
    async with mongo_store(url, clock) as store:
        again = await commit(store, *request(*events()))
        assert [receipt.entry_id for receipt in again[:6]] == plain
        assert [receipt.outcome for receipt in again[:6]] == [Outcome.STORED, Outcome.DUPLICATE] * 3
        assert {receipt.outcome for receipt in again[6:]} == {Outcome.DUPLICATE}
        assert await counts(store) == EXPECTED


async def test_a_request_is_remembered_for_an_hour_of_the_databases_clock(mongodb: Databases) -> None:
    url = mongodb.empty("requests")
    async with mongo_store(url, Clock(0)) as store:
        await store.create_organisation("one")
        await commit(store, *request(*events()))
        database = store._connection.database
        (claim,) = await database[REQUESTS].find().to_list()
        now = store._connection.clock() / NANOSECONDS_PER_SECOND
        assert 0 < claim["expire_time"].timestamp() - now <= 3600
        indexes = await database[REQUESTS].index_information()
        assert indexes["expire_time"]["expireAfterSeconds"] == 0


def _answers(store: MongoStore) -> bool:
    return store._connection._reason is None


async def _remove(store: MongoStore, entry_id: str) -> str:
    ending = bytes.fromhex(entry_id)
    result = await store._entries.durable.delete_one({"_id": b"\0\0\0\x01" + ending})
    assert result.deleted_count == 1
    return entry_id
