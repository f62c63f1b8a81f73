"""Groups: the sums in the index, what happened since, and the decisions about them."""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple

import apsw

from server.core.errors import QueryTimeout
from server.core.model import Level
from server.core.query import EntryFilter
from server.core.statistics import (
    FoundGroup,
    GroupPage,
    GroupQuery,
    GroupState,
    GroupStatus,
    Place,
    place_of,
    status_of,
)
from server.core.statistics.deadline import Deadline
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.statistics.entries import matching_entries
from server.storage.sqlite.statistics.group_rows import DatedTotals, SumRow, read_all, read_days, read_some
from server.storage.sqlite.statistics.standing import Standing, ask, one_state
from server.storage.sqlite.statistics.states import decided_groups, read_state
from server.storage.sqlite.statistics.unsummed import Unsummed, merged, unsummed
from server.storage.sqlite.statistics.worn_days import with_times

Ids = set[bytes]
_Shown = tuple[DatedTotals, GroupState | None]
_TIMES_SECONDS = 1.0
"""What finding out the times of worn days may take."""


class _Choice(NamedTuple):
    """What a list shows. `ids` None: any group; `is_complete`: no id is missing."""

    organisation: int
    query: GroupQuery
    ids: Ids | None
    is_complete: bool


def list_groups(
    log: apsw.Connection, reader: IndexReader, organisation: int, query: GroupQuery, *, size: int, place: Place | None
) -> GroupPage:
    """See `StatisticsStore`."""
    choice = _choose(log, reader, organisation, query)
    page, in_time = ask(log, reader, lambda standing: _page(standing, choice, size, place))
    shown, next_place = page
    deadline = Deadline(_TIMES_SECONDS)
    found = [FoundGroup(with_times(log, reader, organisation, dated, deadline), state) for dated, state in shown]
    return GroupPage(found, next_place, is_complete=choice.is_complete and in_time)


def get_group(log: apsw.Connection, reader: IndexReader, organisation: int, group: bytes) -> FoundGroup | None:
    """See `StatisticsStore`."""
    found, in_time = ask(log, reader, lambda standing: _get(standing, organisation, group))
    if not in_time:
        raise QueryTimeout("The index is being made, and there are more entries than can be added up in time.")
    if found is None:
        return None
    dated, state = found
    return FoundGroup(with_times(log, reader, organisation, dated, Deadline(_TIMES_SECONDS)), state)


def _choose(log: apsw.Connection, reader: IndexReader, organisation: int, query: GroupQuery) -> _Choice:
    """The groups that can be on the list, as far as the filter names them or entries have to be looked at for it."""
    filters = query.filters
    if filters == EntryFilter(levels=filters.levels, group_id=filters.group_id):
        ids = {bytes.fromhex(group) for group in filters.group_id if _is_id(group)} if filters.group_id else None
        return _Choice(organisation, query, ids, is_complete=True)
    deadline = Deadline()
    with one_state(log):
        entries = matching_entries(log, reader, organisation, filters, deadline)
        ids = {bytes.fromhex(entry.event.group_id) for entry in entries}
    return _Choice(organisation, query, ids, deadline.was_met)


def _page(standing: Standing, choice: _Choice, size: int, place: Place | None) -> tuple[list[_Shown], Place | None]:
    found: list[_Shown] = []
    last: Place | None = None
    for row in _in_order(standing, choice, place):
        group = FoundGroup(row.totals, read_state(standing.log, choice.organisation, row.id))
        if _is_wanted(group, choice.query):
            if len(found) == size:
                return found, last
            found.append((read_days(standing, row), group.state))
            last = place_of(row.totals, choice.query.sort)
    return found, None


def _in_order(standing: Standing, choice: _Choice, place: Place | None) -> Iterator[SumRow]:
    """All groups that can be on the page, in its order."""
    query, organisation = choice.query, choice.organisation
    recent = unsummed(standing, organisation)
    ids = choice.ids
    if query.statuses and GroupStatus.OPEN not in query.statuses:
        # Of any other status there is a decision.
        decided = decided_groups(standing.log, organisation)
        ids = decided if ids is None else ids & decided
    summed: Iterator[SumRow] = iter(())
    if ids is None:
        changed = _with_unsummed(standing, organisation, recent, recent.keys())
        summed = (row for row in read_all(standing, organisation, query.sort, place) if row.id not in recent)
    else:
        changed = _with_unsummed(standing, organisation, recent, ids)
    ordered = sorted(changed, key=lambda row: place_of(row.totals, query.sort), reverse=True)
    behind = (row for row in ordered if place is None or place_of(row.totals, query.sort) < place)
    return merge(summed, behind, key=lambda row: place_of(row.totals, query.sort), reverse=True)


def _with_unsummed(
    standing: Standing, organisation: int, recent: dict[bytes, Unsummed], ids: Iterable[bytes]
) -> Iterator[SumRow]:
    """These groups as they are now, those without an event left out."""
    ids = list(ids)
    rows = read_some(standing, organisation, ids)
    for group in ids:
        row = merged(group, rows.get(group), recent.get(group))
        if row is not None:
            yield row


def _get(standing: Standing, organisation: int, group: bytes) -> _Shown | None:
    recent = unsummed(standing, organisation, group)
    for row in _with_unsummed(standing, organisation, recent, [group]):
        return read_days(standing, row), read_state(standing.log, organisation, group)
    return None


def _is_wanted(group: FoundGroup, query: GroupQuery) -> bool:
    levels: frozenset[Level] = query.filters.levels
    if levels and levels.isdisjoint(group.totals.levels):
        return False
    return not query.statuses or status_of(group.totals, group.state, query.now) in query.statuses


def _is_id(group: str) -> bool:
    return len(group) == 32 and set(group) <= set("0123456789abcdef")
