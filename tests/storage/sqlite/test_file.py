"""Which files are opened, made and refused."""

from pathlib import Path

import apsw
import msgspec
import pytest

from server.core.errors import Refused
from server.core.model import Debounce
from server.storage.sqlite.schema import _APPLICATION_ID, _STEPS
from server.storage.sqlite.store import SqliteDirectory, SqliteStore
from tests.support.stores import commit, messages, read_all, submission


def test_the_folder_of_the_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "tracking.db"
    SqliteStore(path)._opened.close()
    assert path.is_file()


async def test_no_other_user_may_read_what_is_stored(store: SqliteStore, path: Path) -> None:
    await commit(store, submission("first"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    names = ("tracking.db", "tracking.db-wal", "tracking.db-shm", "tracking.db.lock")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_file_that_is_there_keeps_its_mode(path: Path) -> None:
    path.touch()
    path.chmod(0o640)
    SqliteStore(path)._opened.close()
    assert path.stat().st_mode & 0o777 == 0o640


async def test_what_was_committed_is_there_when_the_file_is_opened_again(store: SqliteStore, path: Path) -> None:
    await commit(store, submission("first"))
    await store.close()
    reopened = SqliteStore(path)
    await commit(reopened, submission("second"))
    assert messages(await read_all(reopened)) == ["second", "first"]
    await reopened.close()


async def test_closing_twice_is_closing_once(store: SqliteStore) -> None:
    await store.close()
    await store.close()


@pytest.mark.parametrize("open_file", [SqliteStore, SqliteDirectory])
@pytest.mark.parametrize(
    "content",
    [b"this is no database, however long it may be. " * 200, b"\0" * 5000, b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["text", "zeros", "broken-head"],
)
def test_a_file_that_is_no_database_is_refused_in_one_line_and_left_alone(
    path: Path, open_file: type[SqliteDirectory], content: bytes
) -> None:
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        open_file(path)
    assert caught.value.description.startswith(f"the database {path} cannot be opened: ")
    assert "\n" not in caught.value.description
    assert caught.value.exit_code == 1
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE entries (title)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(Refused, match="of another program"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path)._opened.close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 1000)
    connection.close()
    content = path.read_bytes()
    for open_file in (SqliteStore, SqliteDirectory):
        with pytest.raises(Refused, match=r"version 1000.*use a newer one"):
            open_file(path)
    assert path.read_bytes() == content


async def test_a_file_of_an_earlier_version_is_brought_to_this_one(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(_STEPS[0])
    connection.execute("INSERT INTO organisations VALUES (1, 'one', 0)")
    connection.execute("INSERT INTO api_keys VALUES ('k', x'01', 1, 'server', 'read', '', 'old', 5, 1, NULL, NULL)")
    connection.pragma("application_id", _APPLICATION_ID)
    connection.pragma("user_version", 1)
    connection.close()
    store = SqliteStore(path)
    [key] = await store.list_keys(1)
    assert (key.name, key.rate, key.otlp_debounce, key.otlp_component) == ("old", 5, None, None)
    changed = msgspec.structs.replace(key, otlp_debounce=Debounce("k"), otlp_component="c")
    await store.change_key(changed, {"otlp_debounce", "otlp_component"})
    assert await store.list_keys(1) == [changed]
    await store.close()


def test_a_refused_file_is_not_kept_locked(path: Path) -> None:
    path.write_bytes(b"no database" * 500)
    with pytest.raises(Refused):
        SqliteStore(path)
    path.unlink()
    SqliteStore(path)._opened.close()


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        SqliteStore(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(path: Path) -> None:
    path.touch()
    with pytest.raises(Refused, match="cannot be made"):
        SqliteStore(path / "tracking.db")


async def test_the_log_is_write_ahead_and_every_commit_is_synced(store: SqliteStore) -> None:
    assert store._connection.pragma("journal_mode") == "wal"
    assert store._connection.pragma("synchronous") == 2
