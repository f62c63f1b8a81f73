"""A start that cannot be is refused with one line that says what to change, and the right exit code."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.support.mongo_databases import Databases
from tests.support.service import Service, environment

DOORS = ["http", "grpc", "otlp_grpc", "otlp_http"]


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("door", DOORS)
def test_a_port_that_is_taken_is_named(tmp_path: Path, taken_port: int, door: str) -> None:
    line = _refusal(tmp_path, exit_code=1, **{f"{door}_port": taken_port})
    assert f"127.0.0.1:{taken_port}" in line
    assert f"--{door.replace('_', '-')}-port" in line


@pytest.mark.parametrize(
    ("settings", "mentions"),
    [
        ({"http_prot": "8080"}, "TRACKING_HTTP_PORT"),
        ({"http_port": "80a"}, "TRACKING_HTTP_PORT"),
        ({"queue_bytes": "lots"}, "TRACKING_QUEUE_BYTES"),
        ({"commit_seconds": "-1"}, "TRACKING_COMMIT_SECONDS"),
        ({"drain_seconds": "nan"}, "TRACKING_DRAIN_SECONDS"),
        ({"doors": "http,ftp"}, "TRACKING_DOORS"),
        ({"database_url": "postgres://here/db"}, "TRACKING_DATABASE_URL"),
        ({"bootstrap_api_key": "too-short"}, "TRACKING_BOOTSTRAP_API_KEY"),
        ({"tls_key": __file__}, "TRACKING_TLS_CERTIFICATE"),
        ({"tls_key": __file__, "tls_certificate": __file__}, "TRACKING_TLS_CERTIFICATE"),
        ({"workers": "2"}, "MongoDB"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, settings: dict[str, str], mentions: str) -> None:
    assert mentions in _refusal(tmp_path, exit_code=2, **settings)


def test_flags_are_refused_as_settings_are(tmp_path: Path) -> None:
    assert "MongoDB" in _refusal(tmp_path, "--workers", "2", exit_code=2)
    assert "--grpc-port" in _refusal(tmp_path, "--grpc-port", "65536", exit_code=2)
    assert "--no-such-flag" in _refusal(tmp_path, "--no-such-flag", exit_code=2)


def test_a_short_bootstrap_key_is_not_repeated(tmp_path: Path) -> None:
    assert "nearly-a-secret" not in _refusal(tmp_path, exit_code=2, bootstrap_api_key="nearly-a-secret")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_second_server_on_the_same_file_is_refused_and_the_first_goes_on(service: Service) -> None:
    line = _refusal(service.folder, exit_code=1, database_url=service.settings["database_url"])
    assert "in use" in line
    assert "MongoDB" in line
    await service.stop()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear diary, " * 1000)
    assert str(path) in _refusal(tmp_path, exit_code=1, database_url=f"sqlite:///{path}")
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 1_000_000)
    connection.close()
    assert "newer" in _refusal(tmp_path, exit_code=1, database_url=f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path}/file/tracking.db"
    assert f"{tmp_path}/file" in _refusal(tmp_path, exit_code=1, database_url=url)


def test_a_mongodb_that_does_not_let_us_in_is_one_line_also_for_two_workers(tmp_path: Path, mongodb: Databases) -> None:
    url = mongodb.url_of("refused").replace("mongodb://", "mongodb://nobody:wrong@")
    assert "Authentication failed" in _refusal(tmp_path, exit_code=1, database_url=url)
    assert "Authentication failed" in _refusal(tmp_path, exit_code=1, database_url=url, workers=2)


@pytest.mark.parametrize("door", DOORS)
def test_a_port_that_others_share_is_not_joined_by_workers(tmp_path: Path, mongodb: Databases, door: str) -> None:
    with socket.socket() as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind(("127.0.0.1", 0))
        shared.listen()
        port = shared.getsockname()[1]
        chosen = {"database_url": mongodb.url_of("refused"), "workers": 2, f"{door}_port": port}
        assert f"127.0.0.1:{port}" in _refusal(tmp_path, exit_code=1, **chosen)


def _refusal(folder: Path, *flags: str, exit_code: int, **settings: object) -> str:
    """The one line that a start is refused with."""
    ports = {f"{door}_port": 0 for door in DOORS}
    chosen = {"database_url": f"sqlite:///{folder}/tracking.db", **ports, **settings}
    process = subprocess.run(
        [sys.executable, "-m", "server", "serve", *flags],
        cwd=folder,
        env=environment(chosen),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        start_new_session=True,
    )
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert line.startswith("tracking: ")
    assert process.returncode == exit_code
    return line
