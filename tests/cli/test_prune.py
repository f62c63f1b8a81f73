"""`tracking prune`: what is over goes at once, beside a server or without one."""

import asyncio
import json
from pathlib import Path
from time import time_ns

import pytest

from server.core.model import Level
from server.storage.sqlite.store import SqliteStore
from tests.support.command_line import Tracking
from tests.support.stores import HOUR, commit, messages, read_all, submission


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three entries that are over, and two that are not."""
    path = tmp_path / "data" / "tracking.db"
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    store = SqliteStore(path)
    await store.create_organisation("default")
    old = time_ns() - 40 * 24 * HOUR
    await commit(store, submission("info 1", at=old), submission("info 2", at=old))
    await commit(
        store, submission("success", at=old, level=Level.SUCCESS), submission("error", at=old, level=Level.ERROR)
    )
    await commit(store, submission("late", at=old, received=time_ns()))
    await store.close()


def test_a_dry_run_counts_and_deletes_nothing(tracking: Tracking, database: Path) -> None:
    counted = json.loads(tracking("prune", "--dry-run", "--json").stdout)
    assert (counted["entries"], counted["levels"]["info"]["entries"]) == (3, 2)
    assert counted["bytes"] == sum(level["bytes"] for level in counted["levels"].values())
    shown = tracking("prune", "--dry-run")
    assert shown.stdout.splitlines()[-1] == "3 entries would be deleted."
    assert len(asyncio.run(_read(database))) == 5


def test_what_is_over_goes(tracking: Tracking, database: Path) -> None:
    assert tracking("prune").stdout == "3 entries deleted.\n"
    assert asyncio.run(_read(database)) == ["error", "late"]
    assert json.loads(tracking("prune", "--json").stdout) == {"deleted": 0}


def test_it_works_beside_a_server(tracking: Tracking, database: Path) -> None:
    async def run() -> list[str]:
        server = SqliteStore(database)
        await commit(server, submission("new", at=time_ns(), key="k"))
        done = await asyncio.to_thread(tracking, "prune")
        assert done.stdout == "3 entries deleted.\n"
        await commit(server, submission("new", at=time_ns(), key="k"))
        left = messages(await read_all(server))
        await server.close()
        return sorted(left)

    assert asyncio.run(run()) == ["error", "late", "new"]


async def _read(path: Path) -> list[str]:
    store = SqliteStore(path)
    left = messages(await read_all(store))
    await store.close()
    return sorted(left)
