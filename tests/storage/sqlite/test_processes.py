"""One process serves a file; administration works beside it; a killed process leaves nothing behind."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from server.core.errors import Refused
from server.core.model import ApiKey
from server.storage.sqlite.store import SqliteDirectory, SqliteStore
from tests.support.stores import commit, read_all, submission

_HOLD = """
import sys
from pathlib import Path
from server.storage.sqlite.store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
_ADMINISTER = """
import asyncio, sys
from pathlib import Path
from server.core.model import ApiKey
from server.storage.sqlite.store import SqliteDirectory

async def administer(path, name):
    directory = SqliteDirectory(path)
    organisation = await directory.create_organisation(name)
    for number in range(20):
        key = ApiKey(id=f"{name}-{number}", organisation_id=organisation, organisation=name, kind="server",
                     scopes=frozenset({"ingest"}))
        await directory.create_key(key, key.id.encode())
    print(len(await directory.list_keys(organisation)))
    await directory.close()

asyncio.run(administer(Path(sys.argv[1]), sys.argv[2]))
"""


def run(program: str, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def test_a_second_server_is_refused_with_a_line_that_says_the_way(store: SqliteStore, path: Path) -> None:
    with pytest.raises(Refused) as caught:
        SqliteStore(path)
    line = caught.value.description
    assert str(path) in line
    assert "in use by another server" in line
    assert "MongoDB" in line
    assert "\n" not in line
    await store.close()
    await SqliteStore(path).close()


def test_the_lock_ends_with_its_process_however_it_ends(path: Path) -> None:
    for _ in range(2):
        holder = run(_HOLD, path)
        with holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            with pytest.raises(Refused, match="another server"):
                SqliteStore(path)
            holder.send_signal(signal.SIGKILL)
    SqliteStore(path)._opened.close()


async def test_administration_works_while_a_server_commits(store: SqliteStore, path: Path) -> None:
    others = [run(_ADMINISTER, path, name) for name in ("a", "b")]
    commits = 0
    while any(other.poll() is None for other in others):
        await commit(store, *(submission(f"{commits}", key="k", event_id=f"{commits}/{n}") for n in range(20)))
        commits += 1
        await asyncio.sleep(0)
    for other in others:
        output, errors = other.communicate()
        assert (output, errors) == ("20\n", "")
    assert len(await store.list_keys(None)) == 40
    assert await store.find_key(b"a-7") is not None
    [entry] = await read_all(store)
    assert entry.event_count == 20 * commits


async def test_a_key_that_another_process_made_or_revoked_is_seen_at_once(store: SqliteStore, path: Path) -> None:
    beside = SqliteDirectory(path)
    key = ApiKey(id="k", organisation_id=1, organisation="one", kind="server", scopes=frozenset({"ingest"}))
    await beside.create_key(key, b"digest")
    assert await store.find_key(b"digest") == key
    await beside.change_key(msgspec.structs.replace(key, revoke_time=5), {"revoke_time"})
    found = await store.find_key(b"digest")
    assert found is not None
    assert found.revoke_time == 5
    await beside.close()


def test_processes_that_make_one_file_together_make_it_once(path: Path) -> None:
    others = [run(_ADMINISTER, path, f"{number}") for number in range(6)]
    for other in others:
        output, errors = other.communicate()
        assert (output, errors) == ("20\n", "")
