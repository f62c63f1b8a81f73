"""`kill -9` of server and indexer in turns: what was acknowledged is found by its words, nothing is found twice."""

import random
from pathlib import Path

import pytest

from server.core.query import make_filter
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.store import SqliteStore
from tests.storage.sqlite.index.reading import IndexerProcess, indexed_keys, stored_keys, watermark
from tests.storage.sqlite.killing import commit_until_killed
from tests.support.stores import read_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "tracking.db"


@pytest.mark.parametrize("kills", [3, pytest.param(25, marks=pytest.mark.faults)])
async def test_what_was_acknowledged_is_found_by_its_words(path: Path, kills: int) -> None:
    await SqliteStore(path).close()
    choose = random.Random(kills)
    acknowledged = attempted = 0
    for kill in range(kills):
        running = [IndexerProcess(path)]
        commits = choose.randrange(40, 120)
        deadly = set(choose.sample(range(commits), 2))

        def kill_indexer(left: int, running: list[IndexerProcess] = running, deadly: set[int] = deadly) -> None:
            if left in deadly:
                running.pop().kill()
                running.append(IndexerProcess(path))

        acknowledged, attempted = commit_until_killed(
            path, acknowledged, seed=kill, commits=commits, on_commit=kill_indexer
        )
        running.pop().stop()
    assert watermark(path) > 0
    with Indexer(path) as indexer:
        indexer.run_to_end()
    assert indexed_keys(path) == stored_keys(path)
    store = SqliteStore(path)
    everything = await read_all(store)
    plain = {int(entry.message) for entry in everything if entry.debounce_key is None}
    assert set(range(0, acknowledged, 4)) <= plain <= set(range(0, attempted, 4))
    for number in choose.sample(range(0, acknowledged, 4), 40):
        found = await read_all(store, make_filter(q=[f"{number}"]), page_size=3)
        assert found == [entry for entry in everything if entry.message == f"{number}"]
        assert sum(entry.debounce_key is None for entry in found) == 1
    await store.close()
