"""The embedded store behind the core's ports: one thread writes, a few read, the event loop never waits."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, time_ns

import apsw

from server.core.errors import StoreUnavailable
from server.core.feed import Batch
from server.core.model import NANOSECONDS_PER_SECOND, ApiKey, Entry, EntryPage, Receipt, Submission
from server.core.query import EntryFilter, Page
from server.core.usage import StoredUsage
from server.storage.sqlite import deleting, directory, search
from server.storage.sqlite.checkpoints import Checkpoints
from server.storage.sqlite.codec import PreparedEvent, encode_submission, key_of
from server.storage.sqlite.commit import BatchWriter
from server.storage.sqlite.connection import transaction, translated_errors
from server.storage.sqlite.feed import CommitFeed
from server.storage.sqlite.index.file import index_path
from server.storage.sqlite.index.progress import LONGEST_WAIT_SECONDS, Progress
from server.storage.sqlite.index.trimming import Trimming
from server.storage.sqlite.index.view import IndexReader, IndexReaders
from server.storage.sqlite.lock import ServerLock
from server.storage.sqlite.opening import make_folder, open_database
from server.storage.sqlite.organisation_records import OrganisationRecords
from server.storage.sqlite.retention import Retention
from server.storage.sqlite.statistics.store import SqliteStatistics
from server.storage.sqlite.survey import read_usage, size_on_disk
from server.storage.sqlite.sweep import Housekeeping
from server.storage.sqlite.threads import ReadThreads, WriteThread

_SEARCH_THREADS = 2
_FRESH_SECONDS = 1.0
"""A write that succeeded so recently proves that the store is well."""
_CHECK_SECONDS = 3.0


class SqliteDirectory(OrganisationRecords, Retention):
    """Organisations, keys and retention: what administration commands need, beside a server or without one."""

    def __init__(self, path: Path) -> None:
        make_folder(path)
        with ExitStack() as opened:
            self._open(path, opened)
            self._opened = opened.pop_all()

    def _open(self, path: Path, opened: ExitStack) -> None:
        self._connection = open_database(path)
        self._writer = WriteThread(self._connection)
        opened.callback(self._writer.close)
        # Threads of their own: no key waits behind a search, and no search behind the purge.
        self._lookups = ReadThreads(path, count=1)
        opened.callback(self._lookups.close)
        self._surveys = ReadThreads(path, count=1)
        opened.callback(self._surveys.close)

    async def find_key(self, digest: bytes) -> ApiKey | None:
        """See `Directory`."""
        return await self._lookups.run(lambda connection: directory.find_key(connection, digest))

    async def create_organisation(self, name: str) -> int:
        """See `Directory`."""
        return await self._writer.run(lambda connection: directory.create_organisation(connection, name))

    async def list_organisations(self) -> dict[str, int]:
        """See `Directory`."""
        return await self._lookups.run(directory.list_organisations)

    async def create_key(self, key: ApiKey, digest: bytes) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: directory.create_key(connection, key, digest))

    async def list_keys(self, organisation_id: int | None) -> list[ApiKey]:
        """See `Directory`."""
        return await self._lookups.run(lambda connection: directory.list_keys(connection, organisation_id))

    async def change_key(self, key: ApiKey, fields: Collection[str]) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: directory.change_key(connection, key, fields))

    async def record_use(self, last_use_times: Mapping[str, int]) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: directory.record_use(connection, last_use_times))

    async def close(self) -> None:
        """Finish what runs, then let go of the file."""
        await asyncio.to_thread(self._opened.close)


class SqliteStore(SqliteDirectory, SqliteStatistics):
    """The store of the one process that serves a file. `clock` gives nanoseconds since 1970."""

    def __init__(self, path: Path, *, clock: Callable[[], int] = time_ns) -> None:
        self.path = path
        """Where the file is."""
        self._clock = clock
        self._names: dict[int, str] = {}
        self.progress = Progress()
        """How far the index is behind."""
        self._last_write = -_FRESH_SECONDS
        self._feed = CommitFeed()
        super().__init__(path)

    def _open(self, path: Path, opened: ExitStack) -> None:
        opened.callback(ServerLock(path).release)
        super()._open(path, opened)
        with translated_errors():
            self._batches = BatchWriter(self._connection, self._clock)
        self._checkpoints = Checkpoints(self._connection)
        self._housekeeping = Housekeeping(self._batches, self._clock)
        self._indexes = IndexReaders(index_path(path))
        opened.callback(self._indexes.close)
        self._searches = ReadThreads(path, count=_SEARCH_THREADS)
        opened.callback(self._searches.close)
        reader = IndexReader(index_path(path))
        opened.callback(reader.close)
        self._trimming = Trimming(reader, self.progress)

    def prepare(self, submission: Submission) -> PreparedEvent:
        """See `EntryStore`."""
        return encode_submission(submission)

    async def commit(self, batch: Sequence[PreparedEvent]) -> list[Receipt]:
        """See `EntryStore`."""
        if (seconds := self._pressure_seconds(batch)) > 0.0:
            await asyncio.sleep(seconds)
        return await self._writer.run(lambda connection: self._write(connection, batch))

    async def find_entries(self, organisation_id: int, filters: EntryFilter, page: Page) -> EntryPage:
        """See `EntryStore`."""
        organisation = organisation_id, await self._name_of(organisation_id)
        return await self._searches.run(
            lambda connection: search.find_entries(connection, self._indexes.own(), organisation, filters, page)
        )

    async def get_entry(self, organisation_id: int, entry_id: str) -> Entry | None:
        """See `EntryStore`."""
        organisation = organisation_id, await self._name_of(organisation_id)
        return await self._lookups.run(lambda connection: search.get_entry(connection, organisation, entry_id))

    async def delete_entries(self, organisation_id: int, entry_ids: Sequence[str]) -> int:
        """See `EntryStore`."""
        keys = [key for key in map(key_of, entry_ids) if key is not None]
        return await self._delete(lambda connection: deleting.delete_entries(connection, organisation_id, keys))

    async def read_usage(self, organisation_id: int) -> StoredUsage:
        """See `EntryStore`."""
        levels = await self._surveys.run(lambda connection: read_usage(connection, organisation_id))
        return StoredUsage(levels, await asyncio.to_thread(size_on_disk, self.path, index_path(self.path)))

    def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        """See `Feed`."""
        return self._feed.follow(after)

    async def check(self) -> None:
        """See `Store`."""
        if monotonic() - self._last_write < _FRESH_SECONDS:
            return
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._writer.run(_probe)
        except TimeoutError as error:
            raise StoreUnavailable(f"The disk has not answered for {_CHECK_SECONDS:.0f} s.") from error
        self._last_write = monotonic()

    async def maintain(self) -> None:
        """See `Store`."""
        await self._writer.run(self._keep_house)

    def _write(self, connection: apsw.Connection, batch: Sequence[PreparedEvent]) -> list[Receipt]:
        receipts = self._batches.write(batch)
        self._last_write = monotonic()
        self.progress.committed(len(batch))
        if self._feed.is_followed:
            self._feed.committed(batch, receipts, self._batches.entries)
        self._checkpoint_if_due(connection)
        return receipts

    def _keep_house(self, connection: apsw.Connection) -> None:
        self._housekeeping.step(connection)
        self._trimming.step(connection)
        self._checkpoint_if_due(connection)

    def _checkpoint_if_due(self, connection: apsw.Connection) -> None:
        if self._checkpoints.is_due(connection):
            self._writer.follow(self._checkpoints.run)

    def _pressure_seconds(self, batch: Sequence[PreparedEvent]) -> float:
        """How long the index asks this commit to wait; never so long that somebody gives up waiting for it."""
        seconds = self.progress.pressure_seconds(len(batch))
        if seconds > 0.0:
            waited = (time_ns() - batch[0].receive_time) / NANOSECONDS_PER_SECOND
            seconds = min(seconds, LONGEST_WAIT_SECONDS - waited)
        return seconds

    async def _delete(self, work: Callable[[apsw.Connection], deleting.Deleted]) -> int:
        return await self._writer.run(lambda connection: self._forget(connection, work(connection)))

    def _forget(self, connection: apsw.Connection, deleted: deleting.Deleted) -> int:
        self._batches.forget_windows(deleted.windows)
        self._checkpoint_if_due(connection)
        return deleted.entries

    async def _name_of(self, organisation_id: int) -> str:
        if organisation_id not in self._names:
            self._names = {number: name for name, number in (await self.list_organisations()).items()}
        return self._names[organisation_id]


def _probe(connection: apsw.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('last_probe', ?)", (time_ns() // 10**9,))
