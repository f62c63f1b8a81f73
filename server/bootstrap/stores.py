"""From a database URL to a store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server.core.ports import Directory, Store
from server.setting_kinds import SqliteDatabase
from server.settings import Settings
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


@asynccontextmanager
async def open_directory(settings: Settings) -> AsyncIterator[Directory]:
    """Organisations and keys for an administration command; a server may run beside it. Raises Refused."""
    database = settings.database_url
    directory: Directory
    directory = SqliteDirectory(database.path) if isinstance(database, SqliteDatabase) else await open_store(settings)
    try:
        yield directory
    finally:
        await directory.close()
