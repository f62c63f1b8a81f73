"""Sums are exact before, while and after entries are indexed, whatever is deleted, made anew or killed meanwhile."""

import random
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from server.core.model import Entry
from server.core.query import make_filter
from server.core.statistics import HistogramQuestion
from server.core.statistics.groups import DAY
from server.storage.sqlite.index import indexer
from server.storage.sqlite.index.file import index_path
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.index.search_terms import SearchTerms
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import MINUTE, SECOND, START, Clock, commit, read_all, submission
from tests.support.sums import all_groups, assert_sums_agree, random_event


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many transactions of the index for few entries."""
    monkeypatch.setattr(indexer, "BATCH_CHANGES", 7)


async def delete_some(store: SqliteStore, choose: random.Random) -> None:
    for organisation in (1, 2):
        entries = await read_all(store, organisation=organisation)
        some: list[Entry] = [entry for entry in entries if choose.random() < 0.2]
        await store.delete_entries(organisation, [entry.id for entry in some])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("deletes", [False, True], ids=["nothing deleted", "some deleted"])
async def test_sums_agree_at_every_step_of_the_index(tmp_path: Path, seed: int, *, deletes: bool) -> None:
    choose, clock = random.Random(seed), Clock()
    store = SqliteStore(tmp_path / "tracking.db", clock=clock)
    await store.create_organisation("one")
    await store.create_organisation("two")
    index = Indexer(tmp_path / "tracking.db")

    def index_some() -> None:
        for _ in range(choose.randrange(4)):
            index.step()

    def make_anew() -> None:
        index.make_anew()

    def index_all() -> None:
        index.run_to_end()

    def trim() -> None:
        """What the server does once a second."""
        store._trimming.step(store._connection)

    steps: list[Callable[[], None]] = [index_some, index_some, index_some, index_all, trim, make_anew]
    try:
        for _ in range(10):
            clock.now += choose.choice([0, SECOND, MINUTE])
            await commit(store, *(random_event(choose, clock.now) for _ in range(choose.choice([1, 3, 30]))))
            choose.choice(steps)()
            if deletes and choose.random() < 0.5:
                await delete_some(store, choose)
                choose.choice(steps)()
            await assert_sums_agree(store, choose, questions=2, after_deletion=deletes)
        index.run_to_end()
        await assert_sums_agree(store, choose, after_deletion=deletes)
    finally:
        index.close()
        await store.close()


async def test_the_times_of_a_group_are_those_of_the_days_that_are_left(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "tracking.db", clock=Clock())
    await store.create_organisation("one")
    days = [START, START - DAY, START - 2 * DAY]
    receipts = [(await commit(store, submission("m", at=at)))[0] for at in days]
    with Indexer(tmp_path / "tracking.db") as index:
        index.run_to_end()
        for receipt, times in ((receipts[2], (days[1], days[0])), (receipts[0], (days[1], days[1]))):
            await store.delete_entries(1, [receipt.entry_id])
            index.run_to_end()
            (group,) = await all_groups(store)
            assert (group.totals.first_event_time, group.totals.last_event_time) == times
        await store.delete_entries(1, [receipts[1].entry_id])
        assert await all_groups(store) == []
        index.run_to_end()
        assert await all_groups(store) == []
        connection = apsw.Connection(str(index_path(tmp_path / "tracking.db")))
        for table in ("groups", "group_days", "minute_rollups", "hour_rollups"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    await store.close()


async def test_many_questions_are_answered_by_the_index(tmp_path: Path) -> None:
    """What is no longer in the log shows that the index was asked; the log is not looked at where sums are enough."""
    store = SqliteStore(tmp_path / "tracking.db", clock=Clock())
    await store.create_organisation("one")
    begin = START - START % MINUTE
    await commit(store, *(submission("m", at=begin + number * SECOND) for number in range(50)))
    with Indexer(tmp_path / "tracking.db") as index:
        index.run_to_end()
    with apsw.Connection(str(tmp_path / "tracking.db")) as connection:
        connection.execute("DELETE FROM entries")
    filters = make_filter(from_time=begin, to_time=begin + MINUTE)
    counts, _ = await store.count_by_time(1, HistogramQuestion(filters, MINUTE))
    assert counts == {(begin, 1): 50}
    (group,) = await all_groups(store)
    assert (group.totals.event_count, group.totals.days) == (50, {begin // DAY: 50})
    await store.close()


@pytest.mark.parametrize("damage", ["gone", "no database", "of another log", "without sums"])
async def test_sums_agree_without_an_index_that_can_be_read(tmp_path: Path, damage: str) -> None:
    choose = random.Random(1)
    database, index = tmp_path / "tracking.db", index_path(tmp_path / "tracking.db")
    store = SqliteStore(database, clock=Clock())
    await store.create_organisation("one")
    await commit(store, *(random_event(choose, START) for _ in range(60)))
    with Indexer(database, (SearchTerms(),) if damage == "without sums" else None) as indexing:
        indexing.run_to_end()
    match damage:
        case "gone":
            index.unlink()
        case "no database":
            index.write_bytes(b"nonsense" * 4096)
        case "of another log":
            with apsw.Connection(str(index)) as connection:
                connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'digest'")
    await assert_sums_agree(store, choose, organisations=[1])
    await store.close()
