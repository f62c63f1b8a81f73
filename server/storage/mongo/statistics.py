"""Statistics: entries are added up when somebody asks, the newest first, until time is up (`adding_up.py`)."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from server.core.errors import QueryTimeout
from server.core.query import EntryFilter, matches
from server.core.statistics import (
    FACET_FIELDS,
    FacetCounts,
    FoundGroup,
    GroupPage,
    GroupQuery,
    GroupState,
    GroupSum,
    HistogramQuestion,
    Place,
    bucket_of,
    has_only_levels,
    page_of,
    place_of,
    status_of,
)
from server.core.statistics.deadline import Deadline
from server.core.statistics.histogram import Counts
from server.core.stored import Repeats, StoredEvent
from server.storage.mongo.adding_up import add_up, read_left_out, unfolded_entries
from server.storage.mongo.collection import Entries
from server.storage.mongo.fields import event_of, totals_of
from server.storage.mongo.group_states import GroupStates
from server.storage.mongo.schema import WITHOUT_IDS
from server.storage.mongo.search import between, id_range, slice_end, wanted
from server.storage.mongo.totals import read_current

_AT_ONCE = 2_000
_LONGEST_RANGE = 2**62
"""Nanoseconds; a difference of times in a longer range may be none that MongoDB has whole numbers for."""


class Statistics:
    """See `StatisticsStore`. Errors are the driver's: the store translates them."""

    def __init__(self, entries: Entries, states: GroupStates) -> None:
        self._entries = entries
        self._states = states

    async def count_by_time(self, organisation: int, question: HistogramQuestion) -> tuple[Counts, bool]:
        """Events by bucket and level."""
        counts: Counter[tuple[int, int]] = Counter()
        deadline = Deadline()
        first = bucket_of(question.from_time, question.step)
        if has_only_levels(question.filters) and question.to_time - first <= _LONGEST_RANGE:
            since = {"$subtract": ["$event_time", first]}
            place = {"$subtract": [since, {"$mod": [since, question.step]}]}
            left_out = await unfolded_entries(self._entries, organisation)
            async for key, event_count in add_up(
                self._entries,
                organisation,
                question.filters,
                key={"place": place, "level": "$level"},
                left_out=left_out,
                deadline=deadline,
            ):
                counts[first + key["place"], key["level"]] += event_count
            others = await read_left_out(self._entries, organisation, question.filters, left_out)
        else:
            others = [found[1:] async for found in self._matching(organisation, question.filters, deadline)]
        for event, totals in others:
            counts[bucket_of(event.event_time, question.step), event.level.value] += totals.event_count
        return counts, deadline.was_met

    async def count_by_value(self, organisation: int, filters: EntryFilter) -> tuple[FacetCounts, bool]:
        """Events by level and by the values of fields."""
        counts = FacetCounts()
        deadline = Deadline()
        if has_only_levels(filters):
            left_out = await unfolded_entries(self._entries, organisation)
            fields = {field: f"${field}" for field in FACET_FIELDS}
            async for key, event_count in add_up(
                self._entries,
                organisation,
                filters,
                key={"level": "$level", **fields},
                left_out=left_out,
                deadline=deadline,
            ):
                counts.add(key["level"], {field: key.get(field) for field in FACET_FIELDS}, event_count)
            others = await read_left_out(self._entries, organisation, filters, left_out)
        else:
            others = [found[1:] async for found in self._matching(organisation, filters, deadline)]
        for event, totals in others:
            values = {field: getattr(event, field) for field in FACET_FIELDS}
            counts.add(event.level.value, values, totals.event_count)
        return counts, deadline.was_met

    async def list_groups(self, organisation: int, query: GroupQuery, size: int, place: Place | None) -> GroupPage:
        """A page of groups."""
        deadline = Deadline()
        sums, matching = await self._add_up(organisation, query.filters, deadline)
        states = await self._states.read_all(organisation)
        found = [FoundGroup(sums[group].totals(group), states.get(group)) for group in matching]
        return page_of(
            (group for group in found if _is_wanted(group, query, place)),
            query.sort,
            size,
            is_complete=deadline.was_met,
        )

    async def get_group(self, organisation: int, group_id: str) -> FoundGroup | None:
        """One group. Raises QueryTimeout where not all of its entries could be added up."""
        deadline = Deadline()
        sums, _ = await self._add_up(organisation, EntryFilter(), deadline)
        if not deadline.was_met:
            raise QueryTimeout("There are more entries than can be added up in time.")
        if group_id not in sums:
            return None
        return FoundGroup(sums[group_id].totals(group_id), await self._states.read(organisation, group_id))

    async def set_group_state(self, organisation: int, group_id: str, state: GroupState) -> None:
        """Keep a decision."""
        await self._states.write(organisation, group_id, state)

    async def _add_up(
        self, organisation: int, filters: EntryFilter, deadline: Deadline
    ) -> tuple[dict[str, GroupSum], set[str]]:
        """All groups, and those that have an entry that matches."""
        sums: dict[str, GroupSum] = {}
        matching: set[str] = set()
        async for entry_id, event, totals in self._matching(organisation, EntryFilter(), deadline):
            group = event.group_id
            sums.setdefault(group, GroupSum()).add(entry_id, event, totals)
            if group not in matching and matches(filters, event):
                matching.add(group)
        return sums, matching

    async def _matching(
        self, organisation: int, filters: EntryFilter, deadline: Deadline
    ) -> AsyncIterator[tuple[bytes, StoredEvent, Repeats]]:
        """The id, the first event and the totals of the entries that match, the newest first, until time is up."""
        lowest, before = id_range(organisation, filters)
        durable = self._entries.durable
        while (end := await slice_end(durable, between(organisation, lowest, before), _AT_ONCE)) is not None:
            if deadline.is_over():
                return
            found: list[tuple[dict[str, Any], StoredEvent]] = [
                (document, event)
                async for document in durable.find(
                    wanted(between(organisation, end, before), filters), WITHOUT_IDS
                ).sort("_id", -1)
                if matches(filters, event := event_of(document))
            ]
            windowed = [document["_id"] for document, _ in found if "window_end" in document]
            current = await read_current(durable, organisation, windowed) if windowed else {}
            for document, event in found:
                known = current.get(document["_id"], document)
                yield document["_id"], event, known.get("totals") or totals_of(known, event)
            before = end


def _is_wanted(group: FoundGroup, query: GroupQuery, place: Place | None) -> bool:
    if query.statuses and status_of(group.totals, group.state, query.now) not in query.statuses:
        return False
    return place is None or place_of(group.totals, query.sort) < place
