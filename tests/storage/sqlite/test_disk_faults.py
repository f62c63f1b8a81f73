"""A disk that fails: nothing is acknowledged that is not there, nothing is half there, and what can go on does."""

import random
from pathlib import Path
from typing import Any

import apsw
import pytest

from server.core.errors import StoreUnavailable
from server.core.model import Outcome, Submission
from server.core.ports import StoreBroken
from server.storage.sqlite.store import SqliteStore
from tests.contract.stores.reference import ReferenceStore
from tests.support.failing_disk import FailingDisk, disk_full, input_output_error
from tests.support.stores import SECOND, Clock, commit, messages, read_all, submission

LOG, FILE = "-wal", ".db"


@pytest.fixture
async def store(disk: FailingDisk, store: SqliteStore) -> SqliteStore:
    """The store on the failing disk, which is well so far."""
    return store


def everything(number: int) -> list[Submission]:
    """A batch that writes to every table."""
    return [
        submission(f"{number}", key=f"new {number}", event_id=f"{number}", attributes=b'{"a":"' + b"x" * 3000 + b'"}'),
        submission(f"repeat {number}", key="k"),
        submission(f"another repeat {number}", key="k", event_id=f"k{number}"),
        *(submission(f"burst {number}/{place}") for place in range(300)),
    ]


async def test_a_full_database_refuses_and_goes_on_when_there_is_room(store: SqliteStore) -> None:
    connection = store._connection
    await commit(store, submission("before", key="k"))
    connection.pragma("max_page_count", connection.pragma("page_count") + 3)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await commit(store, *everything(1))
    assert messages(await read_all(store)) == ["before"]
    connection.pragma("max_page_count", 2**30)
    receipts = await commit(store, *everything(1))
    assert Outcome.DUPLICATE not in {receipt.outcome for receipt in receipts}
    assert [receipt.event_count for receipt in receipts[:3]] == [1, 2, 3]
    assert len(await read_all(store)) == 302


@pytest.mark.parametrize(
    "error",
    [disk_full(), input_output_error(apsw.SQLITE_IOERR_WRITE), input_output_error(apsw.SQLITE_IOERR)],
    ids=["full", "write-error", "other-error"],
)
@pytest.mark.parametrize("after", [0, 1, 5])
async def test_a_failed_write_leaves_nothing_and_the_next_one_succeeds(
    store: SqliteStore, disk: FailingDisk, error: Exception, after: int
) -> None:
    await commit(store, *everything(0))
    before = await read_all(store)
    disk.fail(LOG, write=error, after=after)
    with pytest.raises(StoreUnavailable):
        await commit(store, *everything(1))
    assert await read_all(store) == before
    disk.heal()
    receipts = await commit(store, *everything(1))
    assert [receipt.event_count for receipt in receipts[:3]] == [1, 3, 4]


async def test_readiness_tells_that_the_disk_cannot_be_written(store: SqliteStore, disk: FailingDisk) -> None:
    disk.fail(LOG, write=disk_full())
    with pytest.raises(StoreUnavailable, match="full"):
        await store.check()
    disk.heal()
    await store.check()


async def test_after_a_failed_sync_there_is_nothing_but_store_broken(
    store: SqliteStore, disk: FailingDisk, path: Path, clock: Clock
) -> None:
    await commit(store, *everything(0))
    disk.fail(LOG, sync=input_output_error(apsw.SQLITE_IOERR_FSYNC))
    with pytest.raises(StoreBroken):
        await commit(store, submission("lost", event_id="lost"))
    disk.heal()
    # The disk is well again; what the failed write left of itself, only a new process finds out.
    for attempt in (commit(store, submission("after")), store.create_organisation("two"), store.maintain()):
        with pytest.raises(StoreBroken):
            await attempt
    await store.close()
    reopened = SqliteStore(path, clock=clock)
    try:
        assert len(await read_all(reopened)) >= 302
        assert "after" not in messages(await read_all(reopened))
        assert [receipt.event_count for receipt in await commit(reopened, submission(key="k"))] == [3]
        await commit(reopened, submission("lost", event_id="lost"))
        assert messages(await read_all(reopened)).count("lost") == 1
    finally:
        await reopened.close()


async def test_a_failed_sync_of_a_checkpoint_breaks_the_store_too(store: SqliteStore, disk: FailingDisk) -> None:
    disk.fail(FILE, sync=input_output_error(apsw.SQLITE_IOERR_FSYNC))
    acknowledged = 0
    with pytest.raises(StoreBroken):  # noqa: PT012 - how many commits it takes is not the point
        while True:
            await commit(store, *everything(acknowledged))
            acknowledged += 1
    assert disk.failures == 1
    assert acknowledged > 0
    disk.heal()


async def test_a_checkpoint_that_finds_the_disk_full_costs_nothing(store: SqliteStore, disk: FailingDisk) -> None:
    disk.fail(FILE, write=disk_full())
    number = 0
    while not disk.failures:
        await commit(store, *everything(number))
        number += 1
    for again in range(number, number + 5):
        await commit(store, *everything(again))
    disk.heal()
    await commit(store, *everything(number + 5))
    assert len(await read_all(store)) == (number + 6) * 301 + 1


@pytest.mark.parametrize("seed", range(4))
async def test_a_history_with_faults_is_that_of_the_commits_that_succeeded(
    store: SqliteStore, disk: FailingDisk, clock: Clock, path: Path, seed: int
) -> None:
    choose = random.Random(seed)
    reference = ReferenceStore()
    failed = number = 0
    for _ in range(80):
        clock.now += choose.choice([0, SECOND, 7 * SECOND])
        batch = [_random_submission(choose, number + place) for place in range(choose.choice([1, 3, 40, 200]))]
        number += len(batch)
        if choose.random() < 0.4:
            disk.fail(LOG, write=choose.choice([disk_full(), input_output_error(0)]), after=choose.randrange(12))
        try:
            receipts = await commit(store, *batch)
        except StoreUnavailable:
            failed += 1
        else:
            expected = reference.commit(batch, clock.now)
            assert [(one.outcome, one.event_count) for one in receipts] == [
                (one.outcome, one.event_count) for one in expected
            ]
        disk.heal()
    assert failed
    entries = await read_all(store)
    assert sorted((entry.message, entry.event_count) for entry in entries) == sorted(
        (entry.opener.event.message, entry.count) for entry in reference.entries
    )
    assert _problems(path) == []


def _random_submission(choose: random.Random, number: int) -> Submission:
    return submission(
        f"{number}",
        at=choose.choice([0, 1, 2]) * 10**6,
        key=choose.choice([None, "a", "b", f"own {number}"]),
        event_id=choose.choice([None, f"{choose.randrange(100)}", f"new {number}"]),
        attributes=b'{"a":"' + b"x" * choose.choice([0, 300, 9000]) + b'"}',
    )


def _problems(path: Path) -> list[Any]:
    connection = apsw.Connection(str(path))
    try:
        return [row for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
    finally:
        connection.close()
