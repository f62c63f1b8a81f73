"""`kill -9` of server and indexer in turns: sums and entries agree afterwards."""

import random
from pathlib import Path

import pytest

from server.core.query import make_filter
from server.core.statistics import HistogramQuestion
from server.core.statistics.groups import DAY
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.store import SqliteStore
from tests.storage.sqlite.index.reading import IndexerProcess
from tests.storage.sqlite.killing import commit_until_killed
from tests.support.stores import read_all
from tests.support.sums import all_groups, assert_sums_agree, counts_of, groups_of


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.faults)])
async def test_sums_are_exact_after_kills(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "tracking.db"
    await SqliteStore(path).close()
    choose = random.Random(kills)
    acknowledged = 0
    for kill in range(kills):
        running = [IndexerProcess(path)]
        commits = choose.randrange(20, 80)
        deadly = choose.randrange(commits)

        def kill_indexer(left: int, running: list[IndexerProcess] = running, deadly: int = deadly) -> None:
            if left == deadly:
                running.pop().kill()
                running.append(IndexerProcess(path))

        acknowledged, _ = commit_until_killed(path, acknowledged, seed=kill, commits=commits, on_commit=kill_indexer)
        running.pop().stop()
    store = SqliteStore(path)
    try:
        await assert_sums_agree(store, choose, questions=2, organisations=[1])
        with Indexer(path) as indexer:
            indexer.run_to_end()
        await assert_sums_agree(store, choose, questions=2, organisations=[1])
        entries = await read_all(store)
        times = [entry.event_time for entry in entries]
        question = HistogramQuestion(make_filter(from_time=min(times), to_time=max(times) + 1), DAY)
        counts, _ = await store.count_by_time(1, question)
        events = sum(entry.event_count for entry in entries)
        assert sum(counts.values()) == sum(counts_of(entries, question).values()) == events
        assert sum(group.totals.event_count for group in await all_groups(store)) == events
        assert len(groups_of(entries)) > 0
        assert events >= acknowledged
    finally:
        await store.close()
