"""Retention on MongoDB: one process walks, tombstones go by themselves, and what others remember does no harm."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from server.core.model import Outcome
from server.storage.mongo.connection import Connection
from server.storage.mongo.store import MongoStore
from tests.support.mongo_databases import Databases
from tests.support.stores import START, Clock, commit, read_all, read_entry, submission


@pytest.fixture
def url(mongodb: Databases) -> str:
    return mongodb.empty("retention")


@pytest.fixture
async def two(url: str) -> AsyncIterator[tuple[MongoStore, MongoStore]]:
    """Two processes on one database."""
    async with AsyncExitStack() as stack:
        stores = [await _open(stack, url) for _ in range(2)]
        await stores[0].create_organisation("one")
        yield stores[0], stores[1]


async def _open(stack: AsyncExitStack, url: str) -> MongoStore:
    connection = Connection(url)
    await connection.open()
    store = MongoStore(connection, clock=Clock())
    stack.push_async_callback(store.close)
    return store


@pytest.fixture
async def database(url: str) -> AsyncIterator[Any]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True)
    async with client:
        yield client.get_default_database()


async def test_of_several_processes_one_walks_until_its_lease_has_ended(
    two: tuple[MongoStore, MongoStore], database: Any
) -> None:
    one, other = two
    assert [await one.may_purge(), await other.may_purge(), await one.may_purge()] == [True, False, True]
    await database["leases"].update_one({"_id": "purge"}, [{"$set": {"end_time": {"$subtract": ["$$NOW", 1]}}}])
    assert [await other.may_purge(), await one.may_purge()] == [True, False]


@pytest.mark.parametrize("repeats", [0, 1])
async def test_an_entry_that_another_process_deletes_takes_no_repeats(
    two: tuple[MongoStore, MongoStore], database: Any, repeats: int
) -> None:
    """The one remembers the window, the other deletes its entry, with a tombstone for its event's id."""
    one, other = two
    [first] = await commit(one, submission("first", key="k", event_id="first"))
    for _ in range(repeats):
        assert (await commit(one, submission("repeat", key="k")))[0].outcome is Outcome.DEBOUNCED
    assert await other.delete_entries(1, [first.entry_id]) == 1
    [second] = await commit(one, submission("second", key="k"))
    assert (second.outcome, second.event_count) == (Outcome.STORED, 1)
    [again] = await commit(other, submission("first", key="k", event_id="first"))
    assert again.outcome is Outcome.DUPLICATE
    await one.maintain()
    buried = await database["entries"].find_one({"_id": {"$type": "binData"}, "level": {"$exists": False}})
    assert "folds" not in buried
    assert [entry.id for entry in await read_all(one)] == [second.entry_id]
    assert (await read_entry(one, second.entry_id)).event_count == 1


async def test_a_tombstone_has_nothing_of_the_entry_and_an_end(
    two: tuple[MongoStore, MongoStore], database: Any
) -> None:
    [claimed, plain] = await commit(two[0], submission("secret", event_id="id"), submission("old", received=0))
    assert await two[0].delete_entries(1, [claimed.entry_id, plain.entry_id]) == 2
    [tombstone] = [document async for document in database["entries"].find()]
    assert tombstone.keys() == {"_id", "organisation", "event_ids", "claim_time", "page_expire_time"}
    assert 24 * 3600 < tombstone["page_expire_time"].timestamp() - START / 1e9 <= 25 * 3600
    assert await two[0].delete_entries(1, [claimed.entry_id]) == 0


async def test_samples_go_with_their_entry(two: tuple[MongoStore, MongoStore], database: Any) -> None:
    receipts = await commit(two[0], *[submission(f"{n}", key=key) for n in range(4) for key in ("k", "other")])
    assert await database["samples"].count_documents({}) == 4
    await two[0].delete_entries(1, [receipts[0].entry_id])
    assert await database["samples"].count_documents({}) == 2
