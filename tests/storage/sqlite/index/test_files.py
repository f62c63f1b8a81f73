"""The index file may be anything: it is made anew, and searches go on."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from server.core.query import make_filter
from server.storage.sqlite.index.file import index_path, throw_away, write_facts
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.index.keeping import read_status, rebuild
from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.store import SqliteStore
from tests.storage.sqlite.index.reading import built_bytes, indexed_keys, indexer_process, stored_bytes, stored_keys
from tests.support.stores import HOUR, START, commit, messages, read_all, submission
from tests.support.waiting import eventually, until

COUNT = 300


async def fill(store: SqliteStore, word: str = "first") -> None:
    """Store entries of five days."""
    await commit(store, *(submission(f"{word} n{number}", at=START + number * HOUR // 2) for number in range(COUNT)))


async def found(store: SqliteStore, text: str) -> list[str]:
    """What a search by words finds."""
    return messages(await read_all(store, make_filter(q=[text]), page_size=20))


def without_log(path: Path) -> None:
    """The file alone, without what SQLite has beside it."""
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


async def all_found(store: SqliteStore) -> bool:
    """Whether searches find what there is, a page at a time."""
    return len(await found(store, "first")) == COUNT and await found(store, "n7") == ["first n7"]


def of_random_bytes(path: Path) -> None:
    path.write_bytes(os.urandom(100_000))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def of_another_program(path: Path) -> None:
    throw_away(path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE other (column)")


def of_another_version(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        write_facts(connection, {"projections": "search_terms 0"})


def without_a_table(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("DROP TABLE slices")


def damaged(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(os.urandom(size // 2))


def gone(path: Path) -> None:
    throw_away(path)


BREAKS = [of_random_bytes, cut, of_another_program, of_another_version, without_a_table, damaged, gone]


@pytest.mark.parametrize("spoil", BREAKS)
async def test_a_file_that_is_not_right_is_made_anew(
    store: SqliteStore, path: Path, spoil: Callable[[Path], None]
) -> None:
    await fill(store)
    with Indexer(path) as indexer:
        indexer.run_to_end()
    without_log(index_path(path))
    spoil(index_path(path))
    assert await all_found(store)
    await commit(store, submission("late"))
    with Indexer(path) as indexer:
        indexer.run_to_end()
        assert await all_found(store)
        assert indexed_keys(path) == stored_keys(path)
    assert await all_found(store)


async def test_a_running_indexer_makes_a_file_anew_that_was_taken_away(store: SqliteStore, path: Path) -> None:
    await fill(store)
    with indexer_process(path):
        await until(lambda: read_status(path).is_up_to_date, timeout_seconds=20)
        throw_away(index_path(path))
        assert await all_found(store)
        await until(lambda: read_status(path).is_up_to_date, timeout_seconds=20)
        assert indexed_keys(path) == stored_keys(path)
        assert await all_found(store)


async def test_an_index_does_not_follow_another_log(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    await fill(store, "other")
    with Indexer(path) as indexer:
        indexer.run_to_end()
    other = tmp_path / "other.db"
    second = SqliteStore(other)
    await second.create_organisation("one")
    await commit(second, submission("before", at=START - HOUR))
    await fill(second)
    shutil.copy(index_path(path), index_path(other))
    with Indexer(other) as indexer:
        indexer.run_to_end()
    assert indexed_keys(other) == stored_keys(other)
    assert await all_found(second)
    await second.close()


async def test_a_log_that_was_set_back_has_another_index(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    await commit(store, submission("first n0"))
    await store.close()
    backup = tmp_path / "backup"
    shutil.copy(path, backup)
    later = SqliteStore(path)
    await commit(later, submission("lost"))
    with Indexer(path) as indexer:
        indexer.run_to_end()
    await later.close()
    throw_away(path)
    shutil.copy(backup, path)
    again = SqliteStore(path)
    await commit(again, submission("again n1"))
    await commit(again, submission("again n2"))
    with Indexer(path) as indexer:
        indexer.run_to_end()
    assert indexed_keys(path) == stored_keys(path)
    assert await found(again, "n1") == ["again n1"]
    await again.close()


async def test_an_index_is_built_from_what_was_there_before(
    store: SqliteStore, path: Path, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.storage.sqlite.index.indexer.BATCH_CHANGES", 50)
    await fill(store)
    indexer.step()
    assert not indexed_keys(path)
    while indexer.step():
        assert await all_found(store)
        assert indexed_keys(path) == [key for key in stored_keys(path) if key >= indexer.position.built_from]
    assert indexer.position.built_from == LOWEST_KEY
    assert indexed_keys(path) == stored_keys(path)


async def test_a_rebuild_beside_the_indexer_is_done_by_it(store: SqliteStore, path: Path) -> None:
    await fill(store)
    with indexer_process(path) as running:
        await until(lambda: read_status(path).is_up_to_date, timeout_seconds=20)
        await commit(store, submission("late"))
        shares: list[float] = []
        rebuild(path, shares.append)
        assert built_bytes(path) == stored_bytes(path)
        assert await all_found(store)
        assert running.stop() == 0
    rebuild(path, shares.append)
    assert shares[-1] == 1.0
    await eventually(lambda: all_found(store))


async def test_one_process_keeps_an_index(store: SqliteStore, path: Path) -> None:
    await fill(store)
    with indexer_process(path) as first:
        await until(lambda: read_status(path).is_up_to_date, timeout_seconds=20)
        with indexer_process(path) as second:
            assert second.wait() == 75
        assert first.stop() == 0
