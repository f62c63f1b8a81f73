"""What one event, one moment or one clock cannot do to the others."""

import asyncio

import bson
import pytest

from server.core.errors import StoreUnavailable, TooLarge
from server.storage.mongo.documents import _MAX_EVENT_BYTES, claims
from tests.storage.mongo.opening import mongo_store
from tests.support.fixtures import IN_SESSION, pytest_asyncio_loop_factories
from tests.support.mongo_databases import Databases
from tests.support.stores import Clock, commit, read_all, submission

__all__ = ["pytest_asyncio_loop_factories"]
pytestmark = IN_SESSION


async def test_an_event_that_no_document_can_hold_is_refused_alone(mongodb: Databases) -> None:
    async with mongo_store(mongodb.empty("limits"), Clock()) as store:
        assert await store.create_organisation("one") == 1
        for key in (None, "k"):
            with pytest.raises(TooLarge):
                store.prepare(submission("x" * (15 * 1024 * 1024), key=key))
        await commit(store, submission("another"))
        assert len(await read_all(store)) == 1


async def test_the_largest_event_has_room_for_the_ids_of_the_largest_request() -> None:
    ids = [number.to_bytes(16, "big") for number in range(100_000)]
    assert _MAX_EVENT_BYTES + len(bson.encode(claims(ids, 2**62))) < 15 * 1024 * 1024


async def test_a_connection_that_is_lost_as_it_closes_is_closed(mongodb: Databases) -> None:
    async with mongo_store(mongodb.empty("limits"), Clock()) as store:
        connection = store._connection

        async def fail() -> None:
            raise StoreUnavailable("away") from ConnectionError()

        with pytest.raises(StoreUnavailable):
            await connection.run(fail)
        connection._lose(StoreUnavailable("away"))
        await asyncio.wait_for(store.close(), 20)
