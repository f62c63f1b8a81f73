"""What the sums of groups in the index do not have yet: what happened since, and what an index in the making lacks."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from server.core.statistics import GroupSum
from server.core.statistics.levels import levels_of
from server.core.stored import Repeats, StoredEvent
from server.storage.sqlite.codec import decode_event
from server.storage.sqlite.index.groups import additions_of
from server.storage.sqlite.keyspace import LOWEST_KEY, scan_end
from server.storage.sqlite.statistics.entries import counted_entry
from server.storage.sqlite.statistics.group_rows import SumRow
from server.storage.sqlite.statistics.standing import Standing
from server.storage.sqlite.walk import COLUMNS

_AT_ONCE = 8_192
_SCAN = f"SELECT {COLUMNS} WHERE e.key >= ? AND e.key < ? AND e.organisation = ? ORDER BY e.key DESC"

Unsummed = GroupSum
"""A difference: what came, less what is gone."""


def unsummed(standing: Standing, organisation: int, group: bytes | None = None) -> dict[bytes, Unsummed]:
    """The differences of the groups of an organisation, or of one group alone."""
    sums: dict[bytes, Unsummed] = {}
    for key, event, totals in _additions(standing, organisation):
        of_event = bytes.fromhex(event.group_id)
        if group is None or of_event == group:
            sums.setdefault(of_event, Unsummed()).add(key, event, totals)
    for removed in standing.tail.removed:
        if removed.organisation == organisation:
            of_event = bytes.fromhex(removed.event.group_id)
            if group is None or of_event == group:
                sums.setdefault(of_event, Unsummed()).count(removed.event, -removed.event_count)
    return sums


def merged(group: bytes, row: SumRow | None, difference: Unsummed | None) -> SumRow | None:
    """A group with both; None where no event of it is left."""
    if difference is None or row is None:
        return row if difference is None else _new(group, difference)
    levels = Counter({level.value: count for level, count in row.totals.levels.items()})
    levels.update(difference.levels)
    if levels.total() <= 0:
        return None
    totals = msgspec.structs.replace(row.totals, event_count=levels.total(), levels=levels_of(levels))
    latest_key = row.latest_key
    if difference.latest is not None:
        added = difference.totals(totals.id)
        totals = msgspec.structs.replace(
            totals,
            first_event_time=min(totals.first_event_time, added.first_event_time),
            last_event_time=max(totals.last_event_time, added.last_event_time),
            last_receive_time=max(totals.last_receive_time, added.last_receive_time),
        )
        assert isinstance(difference.latest_key, int)
        if difference.latest_key >= latest_key:
            latest_key = difference.latest_key
            totals = msgspec.structs.replace(
                totals, title=added.title, service=added.service, component=added.component, code=added.code
            )
    return SumRow(row.number, group, latest_key, totals, difference)


def _new(group: bytes, difference: Unsummed) -> SumRow | None:
    if difference.latest is None or difference.levels.total() <= 0:
        return None
    assert isinstance(difference.latest_key, int)
    return SumRow(None, group, difference.latest_key, difference.totals(group.hex()), difference)


def _additions(standing: Standing, organisation: int) -> Iterator[tuple[int, StoredEvent, Repeats]]:
    for owner, key, event, totals in additions_of(standing.tail):
        if owner == organisation:
            yield key, event, totals
    yield from _not_built(standing, organisation)


def _not_built(standing: Standing, organisation: int) -> Iterator[tuple[int, StoredEvent, Repeats]]:
    """Entries that the index has not come to yet, the newest first, until time is up."""
    before = standing.built_from
    if before == LOWEST_KEY:
        return
    while (first := scan_end(standing.log, LOWEST_KEY, before, _AT_ONCE)) is not None:
        if standing.deadline.is_over():
            return
        for row in standing.log.execute(_SCAN, (first, before, organisation)):
            entry = counted_entry(row, decode_event(row[3]))
            yield entry.key, entry.event, entry.totals
        before = first
