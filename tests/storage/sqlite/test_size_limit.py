"""The file keeps within a size: the oldest entries go, and no more of them than it takes."""

from pathlib import Path

import pytest

from server.storage.sqlite.connection import open_reader
from server.storage.sqlite.store import SqliteStore
from server.storage.sqlite.survey import used_bytes
from tests.support.stores import START, commit, messages, read_all, submission

_MESSAGE_BYTES = 2_000
_AT_ONCE = 500
_LIMIT = 4 * 1024 * 1024


def used(path: Path) -> int:
    connection = open_reader(path)
    try:
        return used_bytes(connection)
    finally:
        connection.close()


async def fill(store: SqliteStore, begin: int, count: int) -> None:
    for first in range(begin, begin + count, _AT_ONCE):
        await commit(
            store,
            *[
                submission(f"{number:06} " + "x" * _MESSAGE_BYTES, at=START + number * 1_000_000)
                for number in range(first, first + _AT_ONCE)
            ],
        )


async def shrink(store: SqliteStore) -> int:
    deleted = 0
    while some := await store.delete_oldest(_LIMIT):
        deleted += some
    return deleted


async def test_a_file_that_has_room_loses_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "tracking.db")
    await store.create_organisation("one")
    await fill(store, 0, 1_000)
    assert await store.delete_oldest(_LIMIT) == 0
    assert len(await read_all(store)) == 1_000
    await store.close()


async def test_the_oldest_entries_go_until_the_rest_fits(tmp_path: Path) -> None:
    path = tmp_path / "tracking.db"
    store = SqliteStore(path)
    await store.create_organisation("one")
    await fill(store, 0, 4_000)
    assert used(path) > 8 * 1024 * 1024
    deleted = await shrink(store)
    left = messages(await read_all(store))
    assert deleted == 4_000 - len(left)
    assert [int(message[:6]) for message in left] == list(range(3_999, deleted - 1, -1))
    # What tells the indexer of deletions was not counted: with it the file has more, and all would have gone.
    assert used(path) > _LIMIT
    await store._writer.run(lambda connection: connection.execute("DELETE FROM pending"))
    assert used(path) == pytest.approx(_LIMIT, rel=0.3)
    await store.close()


async def test_the_file_reuses_the_room_once_the_indexer_knows(tmp_path: Path) -> None:
    path = tmp_path / "tracking.db"
    store = SqliteStore(path)
    await store.create_organisation("one")
    sizes = []
    for begin in range(0, 8_000, 2_000):
        await fill(store, begin, 2_000)
        await shrink(store)
        await store._writer.run(lambda connection: connection.execute("DELETE FROM pending"))
        sizes.append(path.stat().st_size)
    assert sizes[-1] < 2.5 * sizes[0]
    assert used(path) < 1.2 * _LIMIT
    await store.close()


async def test_an_open_window_that_has_to_go_is_opened_anew(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "tracking.db", clock=lambda: START)
    await store.create_organisation("one")
    [first] = await commit(store, submission("window", key="k", at=0, received=START))
    await fill(store, 0, 3_000)
    assert await shrink(store) > 0
    assert await store.get_entry(1, first.entry_id) is None
    [second] = await commit(store, submission("window", key="k"))
    assert (second.outcome, second.event_count) == ("stored", 1)
    await store.close()
