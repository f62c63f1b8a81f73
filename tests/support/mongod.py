"""Real MongoDB servers for tests: the mongod that a test dependency brings, as a replica set on free ports."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.support.ports import free_port

_START_SECONDS = 60


def mongod_binary() -> Path:
    """Where mongod is; skips the test (which fails in CI) where there is none."""
    spec = find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.exists():
            binary.chmod(0o755)
            return binary
    found = shutil.which("mongod")
    if found is None:
        pytest.skip(f"no mongod for {sys.platform}: install one, or set TRACKING_TEST_MONGODB_URL")
    return Path(found)


class Member:
    """One mongod of a replica set."""

    def __init__(self, binary: Path, folder: Path, port: int, *options: str) -> None:
        self.port = port
        self._binary = binary
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    def start(self) -> None:
        log = self._folder / "mongod.log"
        self._process = subprocess.Popen(
            [
                *(self._binary, "--dbpath", self._folder, "--port", str(self.port), "--bind_ip", "127.0.0.1"),
                *("--wiredTigerCacheSizeGB", "0.5", "--nounixsocket", *self._options),
                *("--logpath", log, "--logappend", "--setParameter", "diagnosticDataCollectionEnabled=false"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def send(self, number: signal.Signals) -> None:
        """A signal: SIGKILL, SIGSTOP, SIGCONT."""
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()


class ReplicaSet:
    """Some members, started and initiated; `url` names them all."""

    def __init__(self, members: int = 1) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mongod-"))
        binary = mongod_binary()
        options = ("--replSet", "test", "--oplogSize", "512")
        self.members = [Member(binary, self._folder / str(number), free_port(), *options) for number in range(members)]
        for member in self.members:
            member.start()
        self._initiate()

    @property
    def url(self) -> str:
        return self.url_of("")

    def url_of(self, database: str) -> str:
        """The URL of one database."""
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        return f"mongodb://{hosts}/{database}?replicaSet=test"

    def primary(self) -> Member:
        """The member that is primary now; waits for an election."""
        with MongoClient[dict[str, object]](self.url, serverSelectionTimeoutMS=30_000) as client:
            client.admin.command("ping")
            address = client.primary
            assert address is not None
            return next(member for member in self.members if member.port == address[1])

    def secondaries(self) -> list[Member]:
        """The members that are not primary now."""
        primary = self.primary()
        return [member for member in self.members if member is not primary]

    def step_down(self) -> None:
        """Let the primary step down, for others to be elected."""
        with MongoClient[dict[str, object]](self.url, serverSelectionTimeoutMS=30_000) as client:
            client.admin.command("replSetStepDown", 10, secondaryCatchUpPeriodSecs=5)

    def close(self) -> None:
        for member in self.members:
            member.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initiate(self) -> None:
        members = [{"_id": number, "host": f"127.0.0.1:{member.port}"} for number, member in enumerate(self.members)]
        configuration = {"_id": "test", "members": members, "settings": {"electionTimeoutMillis": 2_000}}
        deadline = time.monotonic() + _START_SECONDS
        port = self.members[0].port
        with MongoClient[dict[str, object]](
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=1_000
        ) as client:
            while True:
                try:
                    client.admin.command("replSetInitiate", configuration)
                    break
                except PyMongoError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
        with MongoClient[dict[str, object]](self.url, serverSelectionTimeoutMS=_START_SECONDS * 1000) as client:
            client.admin.command("ping")


class Standalone:
    """A mongod alone, without replica set."""

    def __init__(self, *options: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mongod-"))
        self._member = Member(mongod_binary(), self._folder / "0", free_port(), *options)

    def __enter__(self) -> str:
        self._member.start()
        url = f"mongodb://127.0.0.1:{self._member.port}/"
        with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=_START_SECONDS * 1000) as client:
            client.admin.command("hello")
        return url

    def __exit__(self, *_: object) -> None:
        self._member.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def external_url() -> str | None:
    """A deployment that somebody else runs, to be tested against instead."""
    return os.environ.get("TRACKING_TEST_MONGODB_URL")


@contextmanager
def stopped(*members: Member) -> Iterator[None]:
    """Members that are there and say nothing."""
    for member in members:
        member.send(signal.SIGSTOP)
    try:
        yield
    finally:
        for member in members:
            member.send(signal.SIGCONT)
