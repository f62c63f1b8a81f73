"""What only the embedded store promises: its file, its disk, its process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.storage.sqlite.store import SqliteStore
from tests.support.failing_disk import FailingDisk, failing_disk
from tests.support.stores import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "tracking.db"


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    """The disk of every connection that is opened after this."""
    with failing_disk() as disk:
        yield disk


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    """An empty store with organisation 1."""
    store = SqliteStore(path, clock=clock)
    await store.create_organisation("one")
    yield store
    await store.close()
