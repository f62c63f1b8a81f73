"""Motor in place of PyMongo's own asynchronous client: the same store, best effort."""

import asyncio
from contextlib import aclosing

import pytest

from server.core.feed import NewEntry
from server.core.model import Outcome
from server.storage.mongo.drivers import client_of
from tests.storage.mongo.opening import mongo_store
from tests.support.mongo_databases import Databases
from tests.support.stores import commit, read_all, read_entry, submission

# Motor's end of life may be told by a warning; whoever chooses it knows.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:motor")


async def test_motor_logs_debounces_and_reads(mongodb: Databases) -> None:
    url = mongodb.empty("motor")
    async with mongo_store(url, connect=client_of("motor")) as store, mongo_store(url) as other:
        await store.create_organisation("one")
        (first,) = await commit(store, submission("plain", event_id="a"))
        opener, repeat = await commit(store, submission("hot", key="k"), submission("hot", key="k"))
        (page,) = await commit(other, submission("hot", key="k"))
        again, late = await commit(store, submission("plain", event_id="a"), submission("hot", key="k"))
        outcomes = [receipt.outcome for receipt in (first, opener, repeat, page, again, late)]
        assert outcomes == [
            *(Outcome.STORED, Outcome.STORED, Outcome.DEBOUNCED, Outcome.DEBOUNCED, Outcome.DUPLICATE),
            Outcome.DEBOUNCED,
        ]
        await asyncio.gather(store.check(), store.maintain())
        assert sorted(entry.event_count for entry in await read_all(store)) == [1, 4]
        assert (await read_entry(store, opener.entry_id)).event_count == 4


async def test_motor_follows(mongodb: Databases) -> None:
    url = mongodb.empty("motor")
    async with mongo_store(url, connect=client_of("motor")) as store, aclosing(store.follow(None)) as batches:
        async with asyncio.timeout(10):
            begin = await anext(batches)
            await commit(store, submission("plain"))
            items = list(begin.items)
            while not items:
                items = list((await anext(batches)).items)
        (entry,) = items
        assert isinstance(entry, NewEntry)
        assert entry.event.message == "plain"
