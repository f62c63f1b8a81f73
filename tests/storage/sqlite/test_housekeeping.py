"""What is over goes, in bounded steps; what is not over stays."""

from pathlib import Path
from time import monotonic

import apsw
import pytest

from server.core.model import Outcome
from server.storage.sqlite import sweep
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import HOUR, MINUTE, Clock, commit, submission

MANY = 60_000


def count(path: Path, table: str) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    finally:
        connection.close()
    number = rows[0][0]
    assert isinstance(number, int)
    return number


def size(path: Path | str) -> int:
    return Path(path).stat().st_size


async def test_windows_and_ids_that_are_over_go_and_the_others_stay(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    for begin in range(0, 3000, 500):
        await commit(store, *(submission(key=f"{n}", event_id=f"{n}") for n in range(begin, begin + 500)))
    clock.now += 23 * HOUR
    await commit(store, submission(key="open", event_id="young", interval=24 * HOUR))
    await store.maintain()
    assert (count(path, "windows"), count(path, "event_ids")) == (1, 3001)
    clock.now += HOUR
    await store.maintain()
    assert (count(path, "windows"), count(path, "event_ids")) == (1, 1)
    receipts = await commit(store, submission(key="open"), submission(event_id="young"), submission(event_id="0"))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DEBOUNCED, Outcome.DUPLICATE, Outcome.STORED]


async def test_a_long_table_is_cleared_in_short_steps(
    store: SqliteStore, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine: a call has time for one step, which still is one.
    monkeypatch.setattr(sweep, "_STEP_SECONDS", 0.0)
    await commit(store, *(submission(event_id=f"{n}") for n in range(3500)))
    clock.now += 24 * HOUR
    left = []
    for _ in range(4):
        await store.maintain()
        left.append(count(path, "event_ids"))
    assert left == [2500, 1500, 500, 0]


async def test_a_call_stays_within_its_time_and_gets_on(store: SqliteStore, path: Path, clock: Clock) -> None:
    for begin in range(0, MANY, 4000):
        await commit(store, *(submission(event_id=f"{n}") for n in range(begin, begin + 4000)))
    clock.now += 24 * HOUR
    steps = []
    left = MANY
    while left:
        begun = monotonic()
        await store.maintain()
        steps.append(monotonic() - begun)
        assert count(path, "event_ids") < left
        left = count(path, "event_ids")
    assert min(steps) < 0.1


async def test_a_table_that_was_walked_rests_for_a_while(store: SqliteStore, path: Path, clock: Clock) -> None:
    await store.maintain()
    await commit(store, submission(key="k", interval=MINUTE // 60))
    clock.now += MINUTE // 2
    await store.maintain()
    assert count(path, "windows") == 1
    clock.now += MINUTE // 2
    await store.maintain()
    assert count(path, "windows") == 0


async def test_a_clock_that_was_set_back_does_not_stop_housekeeping(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    await store.maintain()
    clock.now -= 1000 * HOUR
    await commit(store, submission(key="k"))
    clock.now += MINUTE
    await store.maintain()
    assert count(path, "windows") == 0


async def test_the_log_is_brought_home_while_commits_go_on(store: SqliteStore, path: Path, clock: Clock) -> None:
    largest = 0
    for _ in range(40):
        await commit(store, *(submission("x" * 300, at=clock.now) for _ in range(1000)))
        clock.now += 10**9
        largest = max(largest, size(f"{path}-wal"))
    assert size(path) > 10 * 2**20
    assert largest < 8 * 2**20
