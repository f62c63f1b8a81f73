"""The MongoDB store behind the core's ports: any number of processes, one truth."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from server.core.audit import AuditPage, AuditRecord
from server.core.errors import TrackingError
from server.core.feed import Batch
from server.core.model import ApiKey, Entry, EntryPage, Receipt, Submission
from server.core.query import EntryFilter, Page
from server.core.retention import Age, Periods, Survey
from server.core.statistics import (
    FacetCounts,
    FoundGroup,
    GroupPage,
    GroupQuery,
    GroupState,
    HistogramQuestion,
    Place,
)
from server.core.statistics.histogram import Counts
from server.core.usage import StoredUsage
from server.storage.mongo import search
from server.storage.mongo.collection import Entries
from server.storage.mongo.commit import Commit
from server.storage.mongo.connection import Connection
from server.storage.mongo.directory import Directory
from server.storage.mongo.documents import PreparedEvent, prepare
from server.storage.mongo.feed import ChangeFeed
from server.storage.mongo.group_states import GroupStates
from server.storage.mongo.identity import EntryIds
from server.storage.mongo.organisation_records import OrganisationRecords
from server.storage.mongo.requests import Requests
from server.storage.mongo.retention import Retention
from server.storage.mongo.settling import Settling
from server.storage.mongo.statistics import Statistics
from server.storage.mongo.windows import Windows

T = TypeVar("T")


class MongoDirectory:
    """Organisations and keys; all that an administration command needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._directory = Directory(connection.database)
        self._records = OrganisationRecords(connection.database)

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

    async def read_settings(self, organisation_id: int | None) -> dict[int, dict[str, int]]:
        """See `Directory`."""
        return await self._run(lambda: self._records.read_settings(organisation_id))

    async def change_settings(self, organisation_id: int, changes: Mapping[str, int]) -> None:
        """See `Directory`."""
        await self._run(lambda: self._records.change_settings(organisation_id, changes))

    async def record_audit(self, record: AuditRecord) -> None:
        """See `Directory`."""
        await self._run(lambda: self._records.record_audit(record))

    async def list_audit(self, organisation_id: int, page: Page) -> AuditPage:
        """See `Directory`."""
        return await self._run(lambda: self._records.list_audit(organisation_id, page))

    async def add_received(self, events: Mapping[tuple[int, int], int]) -> None:
        """See `Directory`."""
        await self._run(lambda: self._records.add_received(events))

    async def read_received(self, organisation_id: int, from_minute: int) -> dict[int, int]:
        """See `Directory`."""
        return await self._run(lambda: self._records.read_received(organisation_id, from_minute))

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
        self._statistics = Statistics(self._entries, GroupStates(connection.database))
        self._feed = ChangeFeed(connection)
        self._ids = EntryIds()
        self._retention = Retention(connection.database, self._entries, self._ids.process, self._clock)
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

    async def delete_entries(self, organisation_id: int, entry_ids: Sequence[str]) -> int:
        """See `EntryStore`."""
        return await self._run(lambda: self._retention.delete_entries(organisation_id, entry_ids))

    async def read_usage(self, organisation_id: int) -> StoredUsage:
        """See `EntryStore`."""
        return await self._run(lambda: self._retention.read_usage(organisation_id))

    async def survey(
        self,
        after: bytes | None,
        until: bytes | None,
        most: int,
        *,
        periods: Periods,
        now: int,
        organisation_id: int | None = None,
    ) -> Survey:
        """See `Expiry`."""
        return await self._run(
            lambda: self._retention.survey(
                after, until, most, periods=periods, now=now, organisation_id=organisation_id
            )
        )

    async def delete_expired(self, expired: Sequence[Age], *, periods: Periods, now: int) -> int:
        """See `Expiry`."""
        return await self._run(lambda: self._retention.delete_expired(expired, periods=periods, now=now))

    async def delete_oldest(self, limit_bytes: int) -> int:
        """See `Expiry`: a deployment has its own bounds."""
        del limit_bytes
        return 0

    async def may_purge(self) -> bool:
        """See `Expiry`."""
        return await self._run(lambda: self._retention.take_lease("purge"))

    async def count_by_time(self, organisation_id: int, question: HistogramQuestion) -> tuple[Counts, bool]:
        """See `StatisticsStore`."""
        return await self._run(lambda: self._statistics.count_by_time(organisation_id, question))

    async def count_by_value(self, organisation_id: int, filters: EntryFilter) -> tuple[FacetCounts, bool]:
        """See `StatisticsStore`."""
        return await self._run(lambda: self._statistics.count_by_value(organisation_id, filters))

    async def list_groups(self, organisation_id: int, query: GroupQuery, size: int, place: Place | None) -> GroupPage:
        """See `StatisticsStore`."""
        return await self._run(lambda: self._statistics.list_groups(organisation_id, query, size, place))

    async def get_group(self, organisation_id: int, group_id: str) -> FoundGroup | None:
        """See `StatisticsStore`."""
        return await self._run(lambda: self._statistics.get_group(organisation_id, group_id))

    async def set_group_state(self, organisation_id: int, group_id: str, state: GroupState) -> None:
        """See `StatisticsStore`."""
        await self._run(lambda: self._statistics.set_group_state(organisation_id, group_id, state))

    def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        """See `Feed`."""
        return self._feed.follow(after)

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
