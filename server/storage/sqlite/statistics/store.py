"""The part of the store that answers from sums."""

from server.core.query import EntryFilter
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
from server.storage.sqlite.index.view import IndexReaders
from server.storage.sqlite.statistics import counting, groups, states
from server.storage.sqlite.threads import ReadThreads, WriteThread


class SqliteStatistics:
    """See `StatisticsStore`. The threads and connections are those of the store that this is a part of."""

    _searches: ReadThreads
    _indexes: IndexReaders
    _writer: WriteThread

    async def count_by_time(self, organisation_id: int, question: HistogramQuestion) -> tuple[Counts, bool]:
        """See `StatisticsStore`."""
        return await self._searches.run(
            lambda connection: counting.count_by_time(connection, self._indexes.own(), organisation_id, question)
        )

    async def count_by_value(self, organisation_id: int, filters: EntryFilter) -> tuple[FacetCounts, bool]:
        """See `StatisticsStore`."""
        return await self._searches.run(
            lambda connection: counting.count_by_value(connection, self._indexes.own(), organisation_id, filters)
        )

    async def list_groups(self, organisation_id: int, query: GroupQuery, size: int, place: Place | None) -> GroupPage:
        """See `StatisticsStore`."""
        return await self._searches.run(
            lambda connection: groups.list_groups(
                connection, self._indexes.own(), organisation_id, query, size=size, place=place
            )
        )

    async def get_group(self, organisation_id: int, group_id: str) -> FoundGroup | None:
        """See `StatisticsStore`."""
        group = bytes.fromhex(group_id)
        return await self._searches.run(
            lambda connection: groups.get_group(connection, self._indexes.own(), organisation_id, group)
        )

    async def set_group_state(self, organisation_id: int, group_id: str, state: GroupState) -> None:
        """See `StatisticsStore`."""
        group = bytes.fromhex(group_id)
        await self._writer.run(lambda connection: states.write_state(connection, organisation_id, group, state))
