"""Stores on one database, as the processes of a deployment have them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient

from server.storage.mongo.connection import Connection
from server.storage.mongo.store import MongoStore
from tests.support.stores import Clock


@asynccontextmanager
async def mongo_store(
    url: str, clock: Clock | None = None, *, connect: Callable[..., Any] = AsyncMongoClient
) -> AsyncIterator[MongoStore]:
    """A store of one process; it is left as it stands where the block raises, as a killed process leaves it."""
    connection = Connection(url, connect=connect)
    await connection.open()
    store = MongoStore(connection, clock=clock)
    try:
        yield store
    except BaseException:
        await connection.close()
        raise
    else:
        await store.close()
