"""Retention: what is over goes, to the millisecond, with all that is its own; what is not over stays as it was."""

from typing import Any

import pytest

from server.core.model import Level, Outcome
from server.core.organisation_settings import periods_of
from server.core.portions import EXPIRED_AT_ONCE
from server.core.ports import Store
from server.core.purge import PIECE_ENTRIES, Purge, Walk, purge_all, tally_expired
from server.core.retention import SHIPPED_PERIODS, Periods
from tests.contract.stores.conftest import Stores
from tests.support.stores import HOUR, MINUTE, START, Clock, commit, messages, read_all, read_entry, submission

MILLISECOND = 1_000_000
DAY = 24 * HOUR
DAY_MILLISECONDS = 86_400_000
SHIPPED = periods_of({})
ONE_DAY = periods_of({1: {f"retention_{level.word}": DAY_MILLISECONDS for level in Level}})


async def left(store: Store[Any], clock: Clock, now: int, periods: Periods = SHIPPED) -> list[str]:
    """What a walk at this time leaves, oldest first."""
    clock.now = now
    await purge_all(store, periods, now=now)
    return messages(await read_all(store))[::-1]


@pytest.mark.parametrize("level", Level, ids=lambda level: level.word)
async def test_an_entry_goes_when_its_period_ends_and_no_millisecond_earlier(
    store: Store[Any], clock: Clock, level: Level
) -> None:
    received = START + 123_456_789
    await commit(store, submission("entry", level=level, received=received))
    end = received + SHIPPED_PERIODS[level]
    assert await left(store, clock, end - MILLISECOND) == ["entry"]
    assert await left(store, clock, end) == []


async def test_the_time_of_reception_counts_whatever_a_client_says(store: Store[Any], clock: Clock) -> None:
    await commit(
        store,
        submission("happened in 1970", at=0, received=START),
        submission("now"),
        submission("happens in 2200", at=START + 174 * 365 * DAY, received=START),
        submission("received later", at=START, received=START + HOUR),
    )
    assert len(await left(store, clock, START + 14 * DAY - 1)) == 4
    assert await left(store, clock, START + 14 * DAY) == ["received later"]
    assert await left(store, clock, START + 14 * DAY + HOUR) == []


async def test_a_repeat_lengthens_the_life_of_its_entry(store: Store[Any], clock: Clock) -> None:
    """A window of a day, and a period of a day: its last repeat comes a moment before the window ends."""
    [stored] = await commit(store, submission("entry", key="k", interval=24 * HOUR))
    clock.now = last = START + DAY - MILLISECOND
    [repeated] = await commit(store, submission("entry", key="k", interval=24 * HOUR, at=last))
    assert repeated.outcome is Outcome.DEBOUNCED
    assert await left(store, clock, START + DAY, ONE_DAY) == ["entry"]
    assert await left(store, clock, last + DAY - 1, ONE_DAY) == ["entry"]
    assert (await read_entry(store, stored.entry_id)).event_count == 2
    assert await left(store, clock, last + DAY, ONE_DAY) == []


async def test_an_open_window_keeps_its_entry(store: Store[Any], clock: Clock) -> None:
    """Received long before, by a clock that was wrong; the window is open by the store's."""
    await commit(store, submission("entry", key="k", interval=HOUR, at=START - 30 * DAY))
    assert await left(store, clock, START + HOUR - 1) == ["entry"]
    [repeated] = await commit(store, submission("entry", key="k", interval=HOUR, at=START - 30 * DAY))
    assert (repeated.outcome, repeated.event_count) == (Outcome.DEBOUNCED, 2)
    assert await left(store, clock, START + HOUR) == []
    [stored] = await commit(store, submission("entry", key="k", interval=HOUR))
    assert (stored.outcome, stored.event_count) == (Outcome.STORED, 1)


async def test_samples_and_repeats_go_with_their_entry(store: Store[Any], stores: Stores, clock: Clock) -> None:
    await commit(store, *[submission(f"repeat {n}", key="k") for n in range(12)])
    await commit(store, submission("other", key="other"), submission("other", key="other"))
    assert await left(store, clock, START + 14 * DAY) == []
    store = await stores.open()
    # A new entry of the same millisecond, whatever key it gets, has nothing of theirs.
    [again] = await commit(store, submission("again", key="k", received=clock.now))
    entry = await read_entry(store, again.entry_id)
    assert (entry.event_count, entry.samples, entry.last_event_time) == (1, (), START)


async def test_an_event_id_outlives_its_entry_for_its_24_hours(store: Store[Any], clock: Clock) -> None:
    """The entry is a day old by its reception when it goes; its id was claimed two minutes later."""
    clock.now = START + 2 * MINUTE
    await commit(store, submission("entry", event_id="id", at=START))
    assert await left(store, clock, START + DAY, ONE_DAY) == []
    [again] = await commit(store, submission("entry", event_id="id", at=clock.now))
    assert (again.outcome, again.event_count) == (Outcome.DUPLICATE, 1)
    assert await left(store, clock, clock.now) == []
    clock.now = START + 2 * MINUTE + DAY
    [later] = await commit(store, submission("entry", event_id="id", at=clock.now))
    assert later.outcome is Outcome.STORED


async def test_each_organisation_has_its_own_periods(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission("one"), submission("two", organisation=2))
    assert await left(store, clock, START + 2 * DAY, ONE_DAY) == []
    assert messages(await read_all(store, organisation=2)) == ["two"]


async def test_longer_periods_keep_and_shorter_ones_reach_what_is_stored(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission("info"), submission("error", level=Level.ERROR))
    walk = Walk(store, clock=clock)
    walk.use(periods_of({1: {"retention_info": 30 * DAY_MILLISECONDS}}))
    clock.now = START + 20 * DAY
    assert walk.is_due()
    assert (await walk.step())[1] == 0
    assert not walk.is_due()
    walk.use(periods_of({1: {"retention_info": 20 * DAY_MILLISECONDS}}))
    assert walk.is_due()
    assert (await walk.step())[1] == 1
    assert messages(await read_all(store)) == ["error"]


async def test_a_walk_comes_back_when_something_is_due_and_not_before(store: Store[Any], clock: Clock) -> None:
    most = PIECE_ENTRIES + EXPIRED_AT_ONCE + 1
    await commit(store, *[submission(f"{n}", at=START + n * MILLISECOND) for n in range(most)])
    walk = Walk(store, clock=clock)
    walk.use(SHIPPED)
    assert await walk_on(walk) == (2, 0)
    clock.now = START + 5 * DAY
    assert await walk_on(walk) == (0, 0)
    await commit(store, submission("late", at=START, received=clock.now))
    clock.now = START + 14 * DAY
    assert await walk_on(walk) == (3, 1)
    clock.now += MILLISECOND
    assert await walk_on(walk) == (1, 1)
    clock.now = START + 14 * DAY + (most - 1) * MILLISECOND
    assert (await walk_on(walk))[1] == most - 2
    assert messages(await read_all(store)) == ["late"]


async def walk_on(walk: Walk) -> tuple[int, int]:
    """Until nothing is due: how many steps that were, and how many entries went."""
    steps = deleted = 0
    while walk.is_due():
        steps, deleted = steps + 1, deleted + (await walk.step())[1]
    return steps, deleted


async def test_a_preview_counts_and_deletes_nothing(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission("x" * 1000), submission("info"), submission("error", level=Level.ERROR))
    await commit(store, submission("another's", organisation=2))
    now = START + 14 * DAY
    levels, complete = await tally_expired(store, SHIPPED, now=now, organisation_id=1)
    assert complete
    assert {level: tally.entries for level, tally in levels.items() if tally.entries} == {Level.INFO: 2}
    assert 1000 < levels[Level.INFO].bytes < 3000
    everybody, _ = await tally_expired(store, SHIPPED, now=now)
    assert everybody[Level.INFO].entries == 3
    assert len(await read_all(store)) == 3


async def test_a_purge_goes_by_the_settings_that_are_stored(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission("entry"))
    await store.change_settings(1, {"retention_info": DAY_MILLISECONDS})
    clock.now = START + DAY
    deleted: list[tuple[str, int]] = []
    purge = Purge(store, clock=clock, on_deleted=lambda reason, entries: deleted.append((reason, entries)))
    while await purge.step():
        pass
    assert deleted == [("retention", 1)]
    assert await read_all(store) == []


async def test_what_is_over_no_more_when_its_turn_comes_stays(store: Store[Any], clock: Clock) -> None:
    """A repeat comes between the look and the deletion."""
    await commit(store, submission("entry", key="k", interval=24 * HOUR, at=START - 14 * DAY))
    clock.now = START + DAY
    survey = await store.survey(None, None, 10, periods=SHIPPED, now=clock.now)
    assert len(survey.expired) == 1
    clock.now = START + DAY - 1
    await commit(store, submission("entry", key="k", interval=24 * HOUR, at=clock.now))
    clock.now = START + DAY
    assert await store.delete_expired(survey.expired, periods=SHIPPED, now=clock.now) == 0
    assert len(await read_all(store)) == 1
