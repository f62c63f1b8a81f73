"""The feed across processes, and over what a deployment goes through."""

import asyncio
import signal
from contextlib import aclosing, suppress

import pytest

from server.core.errors import StoreUnavailable
from server.core.feed import Batch, NewEntry
from server.storage.mongo.store import MongoStore
from tests.storage.mongo.opening import mongo_store
from tests.support.mongo_databases import Databases
from tests.support.mongod import ReplicaSet
from tests.support.stores import commit, submission
from tests.support.waiting import until


def _messages(batches: list[Batch]) -> list[str]:
    return [item.event.message for batch in batches for item in batch.items if isinstance(item, NewEntry)]


async def test_what_another_process_commits_is_told_too_and_a_position_leads_on_anywhere(mongodb: Databases) -> None:
    url = mongodb.empty("feed")
    async with mongo_store(url) as one, mongo_store(url) as other:
        async with aclosing(one.follow(None)) as batches:
            begin = await anext(batches)
            await commit(other, submission("from the other"))
            await commit(one, submission("from this one"))
            told = [begin]
            async with asyncio.timeout(10):
                while len(_messages(told)) < 2:
                    told.append(await anext(batches))
        assert _messages(told) == ["from the other", "from this one"]
        again: list[Batch] = []
        async with asyncio.timeout(10), aclosing(other.follow(begin.position)) as batches:
            while len(_messages(again)) < 2:
                again.append(await anext(batches))
        assert _messages(again) == _messages(told)


async def test_another_primary_goes_on_where_the_first_one_was() -> None:
    replica_set = ReplicaSet(members=3)
    try:
        async with mongo_store(replica_set.url_of("feed")) as store:
            told: list[Batch] = []

            async def follow() -> None:
                async with aclosing(store.follow(None)) as batches:
                    async for batch in batches:
                        told.append(batch)  # noqa: PERF401 - somebody looks meanwhile

            following = asyncio.create_task(follow())
            await until(lambda: bool(told))
            await _commit(store, "before")
            await until(lambda: _messages(told) == ["before"])
            killed = replica_set.primary()
            killed.send(signal.SIGKILL)
            await _commit(store, "behind")
            await until(lambda: _messages(told) == ["before", "behind"], timeout_seconds=30)
            assert not any(batch.gap for batch in told)
            while not following.done():
                # The driver may swallow it.
                following.cancel()
                await asyncio.wait((following,), timeout=1)
    finally:
        replica_set.close()


async def _commit(store: MongoStore, message: str) -> None:
    """Commit an event, however often it takes: an id makes it safe."""
    async with asyncio.timeout(30):
        while True:
            with suppress(StoreUnavailable):
                await commit(store, submission(message, event_id=message))
                return
            await asyncio.sleep(0.2)


async def test_a_deployment_that_is_away_is_told_at_once() -> None:
    replica_set = ReplicaSet()
    try:
        async with mongo_store(replica_set.url_of("feed")) as store:
            replica_set.members[0].send(signal.SIGKILL)
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(10), aclosing(store.follow(None)) as batches:
                    await anext(batches)
    finally:
        replica_set.close()
