"""A database and its index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.storage.sqlite.index.indexer import Indexer


@pytest.fixture
def indexer(path: Path) -> Iterator[Indexer]:
    """The indexer of `store`'s database, in this process."""
    with Indexer(path) as indexer:
        yield indexer
