"""What statistics must say, from entries as lists show them, in plain Python."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from server.core.model import Entry, Level, Submission
from server.core.ports import Store
from server.core.query import EntryFilter, make_filter, matches
from server.core.statistics import (
    FACET_FIELDS,
    FoundGroup,
    GroupQuery,
    GroupSort,
    GroupStatus,
    GroupTotals,
    HistogramQuestion,
    Place,
    place_of,
)
from server.core.statistics.groups import DAY
from tests.support.stores import HOUR, MINUTE, SECOND, START, read_all, submission

MESSAGES = ["payment 17 failed", "payment 18 failed", "user 5 came", "disk is full\nsince noon", "a", "b"]
SERVICES = [None, "shop", "mail", "unknown_service"]
STEPS = [SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, HOUR, 90 * MINUTE, 6 * HOUR, DAY, 7 * DAY]


def random_event(choose: random.Random, now: int) -> Submission:
    """An event of one of a few groups, some time around now, that may ask for a window."""
    at = now + choose.choice([0, 0, 0, 1, -1, SECOND, -MINUTE, -HOUR, -DAY, -9 * DAY, -40 * DAY, 3 * HOUR])
    at += choose.choice([0, choose.randrange(-MINUTE, MINUTE)])
    count = choose.choice([1, 1, 1, 1, 5, 300])
    return submission(
        choose.choice(MESSAGES),
        organisation=choose.choice([1, 1, 1, 2]),
        level=choose.choice(list(Level)),
        at=at,
        received=now,
        key=choose.choice([None, None, "k1", "k2", "k3"]),
        interval=choose.choice([SECOND, HOUR]),
        service=choose.choice(SERVICES),
        component=choose.choice([None, "cart", "till"]),
        code=choose.choice([None, "E1", "E2"]),
        environment=choose.choice([None, "production"]),
        event_count=count,
        first_event_time=at - choose.choice([0, MINUTE]) if count > 1 else None,
        last_event_time=at + choose.choice([0, MINUTE]) if count > 1 else None,
    )


def random_filter(choose: random.Random, *, with_times: bool = False) -> EntryFilter:
    """A filter that chooses some of these events."""
    criteria: dict[str, Any] = {}
    if choose.random() < 0.4:
        criteria["levels"] = choose.sample(list(Level), 2)
    if choose.random() < 0.4:
        name, value = choose.choice([("service", "shop"), ("code", "E1"), ("q", "payment"), ("component", "cart")])
        criteria[name] = [value]
    if with_times or choose.random() < 0.5:
        begin = START + choose.choice([0, -HOUR, -DAY, -10 * DAY, -50 * DAY]) + choose.randrange(-HOUR, HOUR)
        criteria["from_time"] = begin + choose.choice([0, -begin % MINUTE, -begin % HOUR])
        criteria["to_time"] = criteria["from_time"] + choose.choice([0, SECOND, MINUTE, HOUR, DAY, 60 * DAY])
    return make_filter(**criteria)


def counts_of(entries: Sequence[Entry], question: HistogramQuestion) -> Counter[tuple[int, int]]:
    """Events by bucket and level."""
    counts: Counter[tuple[int, int]] = Counter()
    for entry in entries:
        if matches(question.filters, entry):
            bucket = entry.event_time // question.step * question.step
            counts[bucket, entry.level.value] += entry.event_count
    return counts


def values_of(entries: Sequence[Entry], filters: EntryFilter) -> tuple[Counter[int], dict[str, Counter[str]]]:
    """Events by level, and by field and value."""
    levels: Counter[int] = Counter()
    fields: dict[str, Counter[str]] = {field: Counter() for field in FACET_FIELDS}
    for entry in entries:
        if matches(filters, entry):
            levels[entry.level.value] += entry.event_count
            for field, counts in fields.items():
                if (value := getattr(entry, field)) is not None:
                    counts[value] += entry.event_count
    return levels, fields


def groups_of(entries: Sequence[Entry], filters: EntryFilter | None = None) -> dict[str, GroupTotals]:
    """The groups that have a matching entry; the entries are those of lists, the newest first."""
    by_group: dict[str, list[Entry]] = {}
    for entry in entries:
        by_group.setdefault(entry.group_id, []).append(entry)
    return {
        group: _totals(group, some)
        for group, some in by_group.items()
        if filters is None or any(matches(filters, entry) for entry in some)
    }


def _totals(group: str, entries: Sequence[Entry]) -> GroupTotals:
    levels: Counter[Level] = Counter()
    days: Counter[int] = Counter()
    for entry in entries:
        levels[entry.level] += entry.event_count
        days[entry.event_time // DAY] += entry.event_count
    latest = entries[0]
    return GroupTotals(
        id=group,
        title=latest.message.splitlines()[0],
        event_count=levels.total(),
        levels=dict(levels),
        first_event_time=min(entry.first_event_time for entry in entries),
        last_event_time=max(entry.last_event_time for entry in entries),
        last_receive_time=0,
        days=dict(days),
        service=latest.service,
        component=latest.component,
        code=latest.code,
    )


async def all_groups(
    store: Store[Any],
    filters: EntryFilter | None = None,
    *,
    statuses: frozenset[GroupStatus] = frozenset(),
    sort: GroupSort = GroupSort.LAST_EVENT,
    organisation: int = 1,
    page_size: int = 1000,
    now: int = START,
    is_ordered: bool = True,
) -> list[FoundGroup]:
    """All groups, page by page, whose order is looked at."""
    query = GroupQuery(filters or EntryFilter(), statuses, sort, now)
    found: list[FoundGroup] = []
    place: Place | None = None
    while True:
        page = await store.list_groups(organisation, query, page_size, place)
        assert page.is_complete
        assert len(page.groups) <= page_size
        found += page.groups
        place = page.next_place
        if place is None:
            places = [place_of(group.totals, sort) for group in found]
            assert not is_ordered or places == sorted(places, reverse=True)
            return found


async def assert_sums_agree(
    store: Store[Any],
    choose: random.Random,
    *,
    questions: int = 5,
    after_deletion: bool = False,
    organisations: Sequence[int] = (1, 2),
) -> None:
    """All statistics of the organisations are what their entries say.

    `after_deletion`: where entries are gone, the texts of a group may be those of one of them.
    """
    comparable = _numbers if after_deletion else _everything
    for organisation in organisations:
        entries = await read_all(store, organisation=organisation)
        for _ in range(questions):
            question = HistogramQuestion(random_filter(choose, with_times=True), choose.choice(STEPS))
            counts, is_complete = await store.count_by_time(organisation, question)
            assert is_complete
            assert {place: n for place, n in counts.items() if n} == counts_of(entries, question), question
            filters = random_filter(choose, with_times=True)
            facets, is_complete = await store.count_by_value(organisation, filters)
            assert is_complete
            assert (facets.levels, facets.fields) == values_of(entries, filters), filters
        for filters in (EntryFilter(), *(random_filter(choose) for _ in range(questions))):
            sort, size = choose.choice(list(GroupSort)), choose.choice([1, 2, 1000])
            groups = await all_groups(
                store, filters, sort=sort, organisation=organisation, page_size=size, is_ordered=not after_deletion
            )
            expected = groups_of(entries, filters)
            assert {group.totals.id: comparable(group.totals) for group in groups} == {
                group: comparable(totals) for group, totals in expected.items()
            }, filters
        for group in groups_of(entries):
            found = await store.get_group(organisation, group)
            assert found is not None
            assert comparable(found.totals) == comparable(groups_of(entries)[group])


def _everything(totals: GroupTotals) -> dict[str, Any]:
    """All that entries show of a group."""
    names = [name for name in GroupTotals.__struct_fields__ if name != "last_receive_time"]
    values = {name: getattr(totals, name) for name in names}
    return {**values, "days": dict(totals.days), "levels": dict(totals.levels)}


def _numbers(totals: GroupTotals) -> dict[str, Any]:
    names = ("id", "event_count", "first_event_time", "last_event_time")
    return {name: getattr(totals, name) for name in names} | {
        "days": dict(totals.days),
        "levels": dict(totals.levels),
    }
