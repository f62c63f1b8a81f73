"""`kill -9` at any instant: what was acknowledged is there, nothing is there twice, no batch is there in part."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from server.core.model import Entry, Outcome
from server.storage.sqlite.store import SqliteStore
from tests.storage.sqlite.committing import numbered
from tests.storage.sqlite.killing import commit_until_killed
from tests.support.stores import SECOND, commit, read_all


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.faults)])
async def test_a_killed_store_keeps_what_it_acknowledged(path: Path, kills: int) -> None:
    choose = random.Random(kills)
    acknowledged = attempted = 0
    for kill in range(kills):
        acknowledged, attempted = commit_until_killed(path, acknowledged, seed=kill, commits=choose.randrange(1, 60))
        store = SqliteStore(path)
        stored = sum(entry.event_count for entry in await read_all(store))
        assert stored in {acknowledged, attempted}
        await store.close()
    store = SqliteStore(path)
    receipts = await commit(store, *map(numbered, range(acknowledged)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DUPLICATE}
    await commit(store, *map(numbered, range(attempted)))
    entries = await read_all(store)
    assert sum(entry.event_count for entry in entries) == attempted
    assert sorted(int(entry.message) for entry in entries if entry.debounce_key is None) == list(range(0, attempted, 4))
    _assert_windows_apart(entries)
    await store.close()


def _assert_windows_apart(entries: list[Entry]) -> None:
    windows: dict[str, list[int]] = {}
    for entry in entries:
        if entry.debounce_key is not None and entry.window_end_time is not None:
            windows.setdefault(entry.debounce_key, []).append(entry.window_end_time)
    for ends in windows.values():
        assert all(later - earlier >= SECOND for earlier, later in pairwise(sorted(ends)))
