"""Reading what entries add up to, and deciding about groups: only of the caller's organisation."""

from collections.abc import Callable
from time import time_ns

import msgspec

from server.core.errors import NotFound
from server.core.model import ApiKey
from server.core.paging import decode_page_token, encode_page_token
from server.core.ports import StatisticsStore
from server.core.query import EntryFilter
from server.core.statistics.facets import Facets, make_facets
from server.core.statistics.group_changes import GroupChange, state_after
from server.core.statistics.group_lists import GroupQuery, GroupSort, key_of_place, place_of_key
from server.core.statistics.groups import Group, GroupStatus, make_group
from server.core.statistics.histogram import Histogram, histogram_question, make_histogram, with_range

_GROUP_ID_LENGTH = 32
_HEX_DIGITS = frozenset("0123456789abcdef")


class GroupList(msgspec.Struct, frozen=True):
    """A page of groups; `next_page_token` is None on the last one. `is_complete` as in `GroupPage`."""

    groups: list[Group]
    next_page_token: str | None
    is_complete: bool


class Statistics:
    """Histograms, facets and groups. `clock` gives nanoseconds since 1970."""

    def __init__(self, store: StatisticsStore, clock: Callable[[], int] = time_ns) -> None:
        self._store = store
        self._clock = clock

    async def histogram(self, caller: ApiKey, filters: EntryFilter, step: int | None) -> Histogram:
        """Events by time and level. Raises InvalidField as `histogram_question` does."""
        question = histogram_question(filters, step, self._clock())
        counts, is_complete = await self._store.count_by_time(caller.organisation_id, question)
        return make_histogram(question, counts, is_complete=is_complete)

    async def facets(self, caller: ApiKey, filters: EntryFilter) -> Facets:
        """The values with the most events. Raises InvalidField as `with_range` does."""
        filters = with_range(filters, self._clock())
        counts, is_complete = await self._store.count_by_value(caller.organisation_id, filters)
        return make_facets(filters, counts, is_complete=is_complete)

    async def list_groups(
        self,
        caller: ApiKey,
        filters: EntryFilter,
        *,
        statuses: frozenset[GroupStatus],
        sort: GroupSort,
        page_size: int,
        page_token: str | None,
    ) -> GroupList:
        """A page of groups. Raises InvalidField for a token of another query."""
        now, place = self._clock(), None
        query = GroupQuery(filters, statuses, sort, now)
        if page_token:
            key, filters = decode_page_token(page_token, filters, caller.organisation_id)
            query = msgspec.structs.replace(query, filters=filters)
            place = place_of_key(key, query)
        page = await self._store.list_groups(caller.organisation_id, query, page_size, place)
        token = None
        if page.next_place is not None:
            token = encode_page_token(key_of_place(page.next_place, query), filters, caller.organisation_id)
        groups = [make_group(found.totals, found.state, now) for found in page.groups]
        return GroupList(groups, token, page.is_complete)

    async def get_group(self, caller: ApiKey, group_id: str) -> Group:
        """One group. Raises NotFound, for a foreign one too."""
        found = await self._store.get_group(caller.organisation_id, _checked(group_id))
        if found is None:
            raise _not_found()
        return make_group(found.totals, found.state, self._clock())

    async def change_group(self, caller: ApiKey, group_id: str, change: GroupChange) -> Group:
        """Decide about a group; the group with its new status. Raises NotFound."""
        found = await self._store.get_group(caller.organisation_id, _checked(group_id))
        if found is None:
            raise _not_found()
        now = self._clock()
        state = state_after(change, found.totals, now)
        await self._store.set_group_state(caller.organisation_id, found.totals.id, state)
        return make_group(found.totals, state, now)


def _checked(group_id: str) -> str:
    group_id = group_id.lower()
    if len(group_id) != _GROUP_ID_LENGTH or not _HEX_DIGITS.issuperset(group_id):
        raise _not_found()
    return group_id


def _not_found() -> NotFound:
    return NotFound("There is no group with this id in this organisation.", field="id")
