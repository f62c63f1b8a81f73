"""What an operator must mend stops a start with one clear line; nothing in the database is ever dropped."""

from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from server.core.errors import Refused
from server.storage.mongo.connection import check_deployment
from server.storage.mongo.errors import is_refused, to_tracking_error
from tests.support.command_line import run_tracking
from tests.support.mongo_databases import Databases
from tests.support.mongod import Standalone

_REPLICA_SET = {"setName": "rs0", "localTime": None}


def test_a_server_without_replica_set_is_refused(tmp_path: Path) -> None:
    with Standalone() as url:
        line = refusal(tmp_path, url)
    assert "replica set" in line
    assert "--replSet" in line


def test_credentials_that_mongodb_does_not_take_are_refused_without_repeating_them(tmp_path: Path) -> None:
    with Standalone("--auth") as url:
        line = refusal(tmp_path, url.replace("mongodb://", "mongodb://someone:a-secret@"))
    assert "Authentication failed" in line
    assert "a-secret" not in line


def test_an_index_of_somebody_else_is_left_as_it_is(tmp_path: Path, mongodb: Databases) -> None:
    url = mongodb.empty("foreign")
    with MongoClient[dict[str, object]](url) as client:
        entries = client.get_default_database()["entries"]
        entries.create_index([("organisation", 1), ("window", 1)], name="organisation_window")
        line = refusal(tmp_path, url)
        assert "organisation_window" in line
        assert "unique" not in entries.index_information()["organisation_window"]


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1:99999/", "mongodb://us@er:a-secret@here/", "mongodb://[::1/"])
def test_a_url_that_the_driver_cannot_read_is_what_the_user_typed(tmp_path: Path, url: str) -> None:
    line = refusal(tmp_path, url, exit_code=2)
    assert "TRACKING_DATABASE_URL" in line
    assert "a-secret" not in line


@pytest.mark.parametrize("version", [[4, 4, 29, 0], [3, 6, 0, 0]])
def test_an_old_version_is_refused_by_its_name(version: list[int]) -> None:
    with pytest.raises(Refused, match=r"4\.4 is too old; 5\.0") as caught:
        check_deployment(_REPLICA_SET, {"version": "4.4", "versionArray": version})
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("hello", [_REPLICA_SET, {"msg": "isdbgrid"}], ids=["replica set", "sharded"])
def test_what_can_keep_the_promises_is_taken(hello: dict[str, object]) -> None:
    check_deployment(hello, {"version": "5.0.0", "versionArray": [5, 0, 0, 0]})


@pytest.mark.parametrize("code", [13, 18, 8000])
def test_a_credential_that_is_withdrawn_later_is_the_store_being_away(code: int) -> None:
    error = OperationFailure("not authorised", code)
    assert is_refused(error)
    assert to_tracking_error(error).code == "STORE_UNAVAILABLE"


def refusal(folder: Path, url: str, *, exit_code: int = 1) -> str:
    """The one line that a start on this database is refused with."""
    done = run_tracking("serve", cwd=folder, TRACKING_DATABASE_URL=url, TRACKING_HTTP_PORT="0", TRACKING_DOORS="http")
    assert (done.returncode, done.stdout) == (exit_code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("tracking: ")
    assert "MongoDB" in line
    return line
