"""The embedded store with its index always up to date: no search finds anything in the tail."""

from pathlib import Path

from server.core.model import EntryPage
from server.core.query import EntryFilter, Page
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import Clock


class IndexedStore(SqliteStore):
    """Indexes before every search, in this process."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        super().__init__(path, clock=clock)
        self._indexer = Indexer(path)

    async def find_entries(self, organisation_id: int, filters: EntryFilter, page: Page) -> EntryPage:
        """See `EntryStore`."""
        self._indexer.run_to_end()
        return await super().find_entries(organisation_id, filters, page)

    async def close(self) -> None:
        """See `Store`."""
        self._indexer.close()
        await super().close()
