"""A disk or a search that hangs keeps nobody waiting for ever."""

import asyncio
import threading
from pathlib import Path
from time import monotonic
from typing import Self

import apsw
import pytest

from server.core.errors import QueryTimeout, StoreUnavailable
from server.storage.sqlite import store as store_module
from server.storage.sqlite.store import SqliteStore
from server.storage.sqlite.threads import ReadThreads
from tests.support.waiting import until

WAIT_SECONDS = 0.02


class Hanging:
    """Work that hangs until the block ends."""

    def __init__(self) -> None:
        self.begun = 0
        self._release = threading.Event()

    def __call__(self, _: apsw.Connection) -> bool:
        self.begun += 1
        return self._release.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release.set()


def is_reached(_: apsw.Connection) -> bool:
    return True


async def test_a_search_that_found_no_free_thread_in_time_is_told_so(store: SqliteStore, path: Path) -> None:
    threads = ReadThreads(path, count=1, longest_wait_seconds=WAIT_SECONDS)
    with Hanging() as hanging:
        first = asyncio.create_task(threads.run(hanging))
        await until(lambda: hanging.begun == 1)
        late = asyncio.create_task(threads.run(is_reached))
        too_late = monotonic() + 2 * WAIT_SECONDS
        await until(lambda: monotonic() > too_late)
    with pytest.raises(QueryTimeout):
        await late
    assert await first
    assert await threads.run(is_reached)
    threads.close()


async def test_readiness_does_not_wait_for_a_disk_that_hangs(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_CHECK_SECONDS", WAIT_SECONDS)
    with Hanging() as hanging:
        write = asyncio.create_task(store._writer.run(hanging))
        await until(lambda: hanging.begun == 1)
        with pytest.raises(StoreUnavailable, match="has not answered"):
            await store.check()
    assert await write
    monkeypatch.undo()
    await store.check()


async def test_a_key_is_found_while_searches_hang(store: SqliteStore) -> None:
    with Hanging() as hanging:
        searches = [asyncio.create_task(store._searches.run(hanging)) for _ in range(10)]
        await until(lambda: hanging.begun == 2)
        async with asyncio.timeout(5):
            assert await store.find_key(b"none") is None
            assert await store.get_entry(1, "0" * 16) is None
    assert all(await asyncio.gather(*searches))
