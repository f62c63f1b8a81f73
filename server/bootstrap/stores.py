"""From a database URL to a store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.core.errors import Refused
from server.core.ports import Directory
from server.setting_kinds import Database, SqliteDatabase
from server.settings import Settings
from server.storage.sqlite.store import SqliteDirectory, SqliteStore


def open_store(database: Database) -> SqliteStore:
    """The store of a server. Raises Refused if it cannot be opened or another server has it."""
    return SqliteStore(_file_of(database))


@asynccontextmanager
async def open_directory(settings: Settings) -> AsyncIterator[Directory]:
    """Organisations and keys for an administration command; a server may run beside it. Raises Refused."""
    directory = SqliteDirectory(_file_of(settings.database_url))
    try:
        yield directory
    finally:
        await directory.close()


def _file_of(database: Database) -> Path:
    if isinstance(database, SqliteDatabase):
        return database.path
    raise Refused("TRACKING_DATABASE_URL: this build has no MongoDB store; use sqlite:///FILE", exit_code=2)
