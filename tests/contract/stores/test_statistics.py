"""Histograms, facets and groups are the sums of what lists of entries show."""

import random
from typing import Any

import pytest

from server.core.model import Level
from server.core.ports import Store
from server.core.query import make_filter
from server.core.statistics import GroupSort, GroupState, GroupStatus, HistogramQuestion
from tests.contract.stores.conftest import Stores
from tests.support.stores import MINUTE, SECOND, START, Clock, commit, submission
from tests.support.sums import all_groups, assert_sums_agree, random_event

EVERYTHING = HistogramQuestion(make_filter(from_time=START - MINUTE, to_time=START + 10 * MINUTE), MINUTE)


@pytest.mark.parametrize("seed", range(2))
async def test_sums_are_those_of_the_entries(store: Store[Any], clock: Clock, seed: int) -> None:
    choose = random.Random(seed)
    for _ in range(4):
        clock.now += choose.choice([0, SECOND, MINUTE])
        await commit(store, *(random_event(choose, clock.now) for _ in range(choose.choice([1, 3, 40]))))
        await assert_sums_agree(store, choose, questions=2)


async def test_a_burst_counts_in_its_own_bucket(store: Store[Any]) -> None:
    """More entries than a millisecond has keys, right before a bucket ends."""
    end = START - START % MINUTE + MINUTE
    await commit(store, *(submission("m", at=end - 1) for _ in range(700)), submission("m", at=end))
    counts, is_complete = await store.count_by_time(1, EVERYTHING)
    assert is_complete
    assert counts == {(end - MINUTE, 1): 700, (end, 1): 1}


async def test_repeats_count_at_once_and_at_the_time_of_their_entry(store: Store[Any], clock: Clock) -> None:
    for number in range(3):
        clock.now = START + number * MINUTE
        await commit(store, submission("m", at=clock.now, key="k", interval=60 * MINUTE, level=Level.ERROR))
        counts, _ = await store.count_by_time(1, EVERYTHING)
        assert counts == {(START - START % MINUTE, Level.ERROR): number + 1}
        (group,) = await all_groups(store)
        assert (group.totals.event_count, group.totals.last_event_time) == (number + 1, clock.now)


async def test_a_decision_is_kept_and_replaced(store: Store[Any], stores: Stores) -> None:
    await commit(store, submission("one"), submission("two"))
    one, two = (group.totals for group in await all_groups(store))
    resolved = GroupState(status=GroupStatus.RESOLVED, change_time=START, seen_count=1, seen_receive_time=START)
    muted = GroupState(status=GroupStatus.MUTED, change_time=START, muted_until=START + 5, muted_until_count=9)
    await store.set_group_state(1, one.id, muted)
    await store.set_group_state(1, one.id, resolved)
    await store.set_group_state(1, two.id, muted)
    await store.set_group_state(2, two.id, resolved)
    store = await stores.open()
    assert {group.totals.id: group.state for group in await all_groups(store)} == {one.id: resolved, two.id: muted}
    found = await store.get_group(1, two.id)
    assert found is not None
    assert found.state == muted


@pytest.mark.parametrize("sort", GroupSort)
async def test_groups_are_chosen_by_status(store: Store[Any], sort: GroupSort) -> None:
    await commit(store, *(submission(word) for word in ("open", "resolved", "reopened", "muted", "heard")))
    ids = {group.totals.title: group.totals.id for group in await all_groups(store)}
    seen = GroupState(status=GroupStatus.RESOLVED, change_time=START, seen_count=1, seen_receive_time=START)
    await store.set_group_state(1, ids["resolved"], seen)
    await store.set_group_state(1, ids["reopened"], seen)
    await store.set_group_state(
        1, ids["muted"], GroupState(status=GroupStatus.MUTED, change_time=START, muted_until=START + SECOND)
    )
    await store.set_group_state(
        1, ids["heard"], GroupState(status=GroupStatus.MUTED, change_time=START, muted_until=START)
    )
    await commit(store, submission("reopened"))

    async def titles(*statuses: GroupStatus) -> set[str]:
        groups = await all_groups(store, statuses=frozenset(statuses), sort=sort, page_size=1)
        return {group.totals.title for group in groups}

    assert await titles(GroupStatus.OPEN) == {"open", "reopened", "heard"}
    assert await titles(GroupStatus.RESOLVED) == {"resolved"}
    assert await titles(GroupStatus.MUTED) == {"muted"}
    assert await titles(GroupStatus.MUTED, GroupStatus.RESOLVED) == {"muted", "resolved"}
    assert len(await titles()) == 5


async def test_groups_of_others_are_not_there(store: Store[Any]) -> None:
    await commit(store, submission("m", organisation=1))
    (group,) = await all_groups(store)
    assert await all_groups(store, organisation=2) == []
    assert await store.get_group(2, group.totals.id) is None
    assert await store.get_group(1, "0" * 32) is None
