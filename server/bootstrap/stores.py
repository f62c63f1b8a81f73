"""From a database URL to a store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server.bootstrap.indexer import IndexerProcess
from server.core.errors import Refused
from server.core.ports import AdministrationStore, Store
from server.setting_kinds import SqliteDatabase
from server.settings import Settings
from server.storage.sqlite.index.keeping import IndexStatus, read_status, rebuild
from server.storage.sqlite.store import SqliteDirectory, SqliteStore


async def open_store(settings: Settings) -> Store[Any]:
    """The store of a server. Raises Refused if it cannot be opened, or is a file that another server has."""
    database = settings.database_url
    if isinstance(database, SqliteDatabase):
        return SqliteStore(database.path)
    # The driver is loaded only where it is used.
    from server.storage.mongo.connection import Connection  # noqa: PLC0415
    from server.storage.mongo.drivers import client_of  # noqa: PLC0415
    from server.storage.mongo.store import MongoStore  # noqa: PLC0415

    connection = Connection(database.url, connect=client_of(settings.mongodb_driver))
    await connection.open()
    return MongoStore(connection)


def indexer_of(store: Store[Any]) -> IndexerProcess | None:
    """What keeps the index of a store, where that is a process of its own."""
    return IndexerProcess(store) if isinstance(store, SqliteStore) else None


def index_status(settings: Settings) -> IndexStatus:
    """How far the index of a database is. Raises Refused where there is no such file."""
    return read_status(_indexed_file(settings))


def rebuild_index(settings: Settings, show: Callable[[float], None]) -> None:
    """Make the index anew; `show` is told the share that is done. Raises Refused where there is no such file."""
    rebuild(_indexed_file(settings), show)


def _indexed_file(settings: Settings) -> Path:
    """The database whose index a command is about. Raises Refused where there is no such file."""
    database = settings.database_url
    if not isinstance(database, SqliteDatabase):
        raise Refused("MongoDB keeps its indexes by itself: this command is for SQLite", exit_code=2)
    if not database.path.exists():
        raise Refused(f"there is no database {database.path}")
    return database.path


@asynccontextmanager
async def open_directory(settings: Settings) -> AsyncIterator[AdministrationStore]:
    """What an administration command works on; a server may run beside it. Raises Refused."""
    database = settings.database_url
    directory: AdministrationStore
    directory = SqliteDirectory(database.path) if isinstance(database, SqliteDatabase) else await open_store(settings)
    try:
        yield directory
    finally:
        await directory.close()
