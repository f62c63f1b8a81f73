"""The MongoDB store behind the core's ports: any number of processes, one truth."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from server.core.errors import TrackingError
from server.core.model import ApiKey, Entry, EntryPage, Receipt, Submission
from server.core.query import EntryFilter, Page
from server.storage.mongo import search
from server.storage.mongo.collection import Entries
from server.storage.mongo.commit import Commit
from server.storage.mongo.connection import Connection
from server.storage.mongo.directory import Directory
from server.storage.mongo.documents import PreparedEvent, prepare
from server.storage.mongo.identity import EntryIds
from server.storage.mongo.requests import Requests
from server.storage.mongo.settling import Settling
from server.storage.mongo.windows import Windows

T = TypeVar("T")


class MongoDirectory:
    """Organisations and keys; all that an administration command needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._directory = Directory(connection.database)

    async def find_key(self, digest: bytes) -> ApiKey | None:
        """See `Directory`."""
        return await self._run(lambda: self._directory.find_key(digest))

    async def create_organisation(self, name: str) -> int:
        """See `Directory`."""
        return await self._run(lambda: self._directory.create_organisation(name))

    async def list_organisations(self) -> dict[str, int]:
        """See `Directory`."""
        return await self._run(self._directory.list_organisations)

    async def create_key(self, key: ApiKey, digest: bytes) -> None:
        """See `Directory`."""
        await self._run(lambda: self._directory.create_key(key, digest))

    async def list_keys(self, organisation_id: int | None) -> list[ApiKey]:
        """See `Directory`."""
        return await self._run(lambda: self._directory.list_keys(organisation_id))

    async def change_key(self, key: ApiKey, fields: Collection[str]) -> None:
        """See `Directory`."""
        await self._run(lambda: self._directory.change_key(key, fields))

    async def record_use(self, last_use_times: Mapping[str, int]) -> None:
        """See `Directory`."""
        await self._run(lambda: self._directory.record_use(last_use_times))

    async def close(self) -> None:
        """Let go of the connection."""
        await self._connection.close()

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        result: T = await self._connection.run(work)
        return result


class MongoStore(MongoDirectory):
    """The store of one serving process. `clock`, if given, replaces the database's (nanoseconds since 1970)."""

    def __init__(self, connection: Connection, *, clock: Callable[[], int] | None = None) -> None:
        super().__init__(connection)
        self._clock = clock or connection.clock
        self._entries = Entries(connection.database)
        self._ids = EntryIds()
        self._windows = Windows(self._ids.process.hex())
        self._requests = Requests(connection.database, self._ids, connection.clock)
        self._settling = Settling(self._entries, self._clock)
        self._names: dict[int, str] = {}

    def prepare(self, submission: Submission) -> PreparedEvent:
        """See `EntryStore`."""
        return prepare(submission, self._ids, self._clock())

    async def commit(self, batch: Sequence[PreparedEvent]) -> list[Receipt]:
        """See `EntryStore`."""
        commit = Commit(self._entries, self._windows, self._requests, clock=self._clock)
        try:
            return await self._run(lambda: commit.write(batch))
        except BaseException:
            self._windows.forget_all()
            raise
        finally:
            self._settling.add(commit.pages)

    async def find_entries(self, organisation_id: int, filters: EntryFilter, page: Page) -> EntryPage:
        """See `EntryStore`."""
        organisation = organisation_id, await self._name_of(organisation_id)
        return await self._run(lambda: search.find_entries(self._entries, organisation, filters, page))

    async def get_entry(self, organisation_id: int, entry_id: str) -> Entry | None:
        """See `EntryStore`."""
        organisation = organisation_id, await self._name_of(organisation_id)
        return await self._run(lambda: search.get_entry(self._entries, organisation, entry_id))

    async def check(self) -> None:
        """See `Store`."""
        await self._run(self._connection.probe)

    async def maintain(self) -> None:
        """See `Store`."""
        self._windows.forget_ended(self._clock())
        await self._run(self._settling.step)

    async def close(self) -> None:
        """Settle what can be settled now, then let go."""
        with suppress(TrackingError):
            await self._run(self._settling.step)
        await super().close()

    async def _name_of(self, organisation_id: int) -> str:
        if organisation_id not in self._names:
            self._names = {number: name for name, number in (await self.list_organisations()).items()}
        return self._names[organisation_id]
