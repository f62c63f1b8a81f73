"""`tracking index`: status and rebuild, without a server."""

import asyncio
import json
from pathlib import Path

from server.storage.sqlite.store import SqliteStore
from tests.support.command_line import Tracking
from tests.support.stores import commit, submission


async def fill(path: Path) -> None:
    store = SqliteStore(path)
    await commit(store, *(submission(f"m{number}") for number in range(20)))
    await store.close()


def test_an_index_is_made_and_told(tracking: Tracking, tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    asyncio.run(fill(path))
    words = ("--database-url", f"sqlite:///{path}")
    assert "no index yet" in tracking("index", "status", *words).stdout
    made = tracking("index", "rebuild", *words)
    assert (made.returncode, "made anew" in made.stdout, made.stderr) == (0, True, "")
    status = json.loads(tracking("index", "status", "--json", *words).stdout)
    assert (status["upToDate"], status["share"], status["pendingEntries"]) == (True, 1.0, 0)
    assert status["bytes"] > 0
    assert "complete, 0 changes" in tracking("index", "status", *words).stdout


def test_it_is_for_a_file_that_exists(tracking: Tracking, tmp_path: Path) -> None:
    missing = tracking("index", "status", "--database-url", f"sqlite:///{tmp_path / 'no.db'}")
    assert (missing.returncode, "there is no database" in missing.stderr) == (1, True)
    other = tracking("index", "rebuild", "--database-url", "mongodb://127.0.0.1/db")
    assert (other.returncode, "for SQLite" in other.stderr) == (2, True)
