"""Sums that MongoDB itself makes, of entries chosen by levels and times alone: a slice at a time, until time is up.

What was repeated just now stands in pages beside its entry still (`folding.py`). Such entries are few; they are left
out and read one by one.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from server.core.query import EntryFilter, matches
from server.core.statistics.deadline import Deadline
from server.core.stored import Repeats, StoredEvent
from server.storage.mongo.collection import Entries
from server.storage.mongo.fields import event_of
from server.storage.mongo.schema import UNFOLDED_INDEX
from server.storage.mongo.search import between, id_range, slice_end, wanted
from server.storage.mongo.totals import read_current

_AT_ONCE = 50_000


async def unfolded_entries(entries: Entries, organisation: int) -> list[bytes]:
    """The entries that have pages beside them; asked before anything is added up."""
    wanted_pages = {"organisation": organisation, "unfolded": {"$exists": True}}
    pages = entries.durable.find(wanted_pages, {"unfolded": 1}).hint(UNFOLDED_INDEX)
    return list({page["unfolded"] async for page in pages})


async def add_up(
    entries: Entries,
    organisation: int,
    filters: EntryFilter,
    *,
    key: Mapping[str, Any],
    left_out: list[bytes],
    deadline: Deadline,
) -> AsyncIterator[tuple[Mapping[str, Any], int]]:
    """Events by a key, an expression that becomes the `_id` of groups; the filter has both times."""
    times = {"event_time": {"$gte": filters.from_time, "$lt": filters.to_time}}
    lowest, before = id_range(organisation, filters)
    while (end := await slice_end(entries.durable, between(organisation, lowest, before), _AT_ONCE)) is not None:
        if deadline.is_over():
            return
        chosen = [wanted(between(organisation, end, before), filters), times, {"_id": {"$nin": left_out}}]
        stages = [{"$match": {"$and": chosen}}, {"$group": {"_id": key, "event_count": {"$sum": "$event_count"}}}]
        async for found in await entries.durable.aggregate(stages):
            yield found["_id"], found["event_count"]
        before = end


async def read_left_out(
    entries: Entries, organisation: int, filters: EntryFilter, left_out: list[bytes]
) -> list[tuple[StoredEvent, Repeats]]:
    """The entries that were left out, as far as they match."""
    current = await read_current(entries.durable, organisation, left_out) if left_out else {}
    found = [(event_of(each), each["totals"]) for each in current.values()]
    return [(event, totals) for event, totals in found if matches(filters, event)]
