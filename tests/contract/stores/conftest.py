"""Every test here runs over every store: a store is what `core/ports.py` promises, nothing else is used."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from server.core.ports import Store
from server.storage.mongo.connection import Connection
from server.storage.mongo.store import MongoStore
from server.storage.sqlite.store import SqliteStore
from tests.support.indexed_store import IndexedStore
from tests.support.mongo_databases import Databases
from tests.support.stores import Clock


class Backend(Protocol):
    """One database, which outlives the stores that are opened on it."""

    async def open(self, clock: Clock) -> Store[Any]: ...


class SqliteBackend:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "tracking.db"

    async def open(self, clock: Clock) -> Store[Any]:
        return SqliteStore(self._path, clock=clock)


class IndexedBackend(SqliteBackend):
    async def open(self, clock: Clock) -> Store[Any]:
        return IndexedStore(self._path, clock=clock)


class MongoBackend:
    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self, clock: Clock) -> Store[Any]:
        connection = Connection(self._url)
        await connection.open()
        return MongoStore(connection, clock=clock)


class Stores:
    """Opens stores on one empty database, one after the other, and closes them."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._open: Store[Any] | None = None

    async def open(self) -> Store[Any]:
        """The store, opened afresh: what lived in its memory is gone."""
        await self.close()
        self._open = await self._backend.open(self._clock)
        return self._open

    async def close(self) -> None:
        if self._open is not None:
            await self._open.close()
            self._open = None


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture(params=["sqlite", "indexed", "mongo"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "sqlite":
        return SqliteBackend(tmp_path)
    if request.param == "indexed":
        return IndexedBackend(tmp_path)
    databases: Databases = request.getfixturevalue("mongodb")
    return MongoBackend(databases.empty("stores"))


@pytest.fixture
async def stores(backend: Backend, clock: Clock) -> AsyncIterator[Stores]:
    opened = Stores(backend, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def store(stores: Stores) -> Store[Any]:
    """An empty store with the organisations 1 and 2."""
    opened = await stores.open()
    assert await opened.create_organisation("one") == 1
    assert await opened.create_organisation("two") == 2
    return opened
