"""A disk or a search that hangs keeps nobody waiting for ever."""

import asyncio
import threading
from pathlib import Path
from time import monotonic

import apsw
import pytest

from server.core.errors import QueryTimeout, StoreUnavailable
from server.storage.sqlite import store as store_module
from server.storage.sqlite.store import SqliteStore
from server.storage.sqlite.threads import ReadThreads
from tests.support.waiting import until

WAIT_SECONDS = 0.02


async def test_a_search_that_found_no_free_thread_in_time_is_told_so(store: SqliteStore, path: Path) -> None:
    threads = ReadThreads(path, count=1, longest_wait_seconds=WAIT_SECONDS)
    begun, release = threading.Event(), threading.Event()

    def hang(_: apsw.Connection) -> bool:
        begun.set()
        return release.wait()

    hanging = asyncio.create_task(threads.run(hang))
    await until(begun.is_set)
    late = asyncio.create_task(threads.run(lambda _: True))
    too_late = monotonic() + 2 * WAIT_SECONDS
    await until(lambda: monotonic() > too_late)
    release.set()
    assert await hanging
    with pytest.raises(QueryTimeout):
        await late
    assert await threads.run(lambda _: True)
    threads.close()


async def test_readiness_does_not_wait_for_a_disk_that_hangs(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_CHECK_SECONDS", WAIT_SECONDS)
    release = threading.Event()
    hanging = asyncio.create_task(store._writer.run(lambda _: release.wait()))
    with pytest.raises(StoreUnavailable, match="has not answered"):
        await store.check()
    release.set()
    assert await hanging
    await store.check()


async def test_a_key_is_found_while_searches_hang(store: SqliteStore) -> None:
    release = threading.Event()
    searches = [asyncio.create_task(store._searches.run(lambda _: release.wait())) for _ in range(10)]
    async with asyncio.timeout(5):
        assert await store.find_key(b"none") is None
        assert await store.get_entry(1, "0" * 16) is None
    release.set()
    assert all(await asyncio.gather(*searches))
