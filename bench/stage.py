"""The processes that are measured: started on free ports of 127.0.0.1, and ended whatever happens."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import msgspec
import pytest

from tests.support.mongod import ReplicaSet
from tests.support.ports import free_port

ROOT = Path(__file__).parents[1]
KEY = "a-key-for-benchmarks-and-nothing-else-0001"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.002


class Failed(Exception):
    """A contestant did not do what it was started for; its own words are on standard error."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server process; a port is 0 where it does not listen."""

    pid: int
    http_port: int = 0
    grpc_port: int = 0
    otlp_grpc_port: int = 0
    otlp_http_port: int = 0


class Stage:
    """What one row of the table needs. Ends every process it started and removes its files when its block ends."""

    def __init__(self, parent: Path) -> None:
        self._stack = ExitStack()
        self._parent = parent

    def __enter__(self) -> Self:
        # On the disk of the checkout: a memory file system would make fsync free.
        self._parent.mkdir(parents=True, exist_ok=True)
        self.directory = Path(self._stack.enter_context(TemporaryDirectory(prefix="bench-", dir=self._parent)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def mongodb(self) -> str:
        """The URL of a MongoDB of its own: one member, which is a majority; Failed where there is no mongod."""
        try:
            replica_set = ReplicaSet()
        except pytest.skip.Exception as missing:
            raise Failed(str(missing)) from missing
        self._stack.callback(replica_set.close)
        return replica_set.url

    def service(self, database_url: str | None = None) -> Running:
        """The real service, ready: on an empty SQLite file, or on a database of MongoDB."""
        ports = {name: free_port() for name in ("http", "grpc", "otlp-grpc", "otlp-http")}
        http_port, grpc_port, otlp_grpc_port, otlp_http_port = ports.values()
        file = self.directory / f"service-{http_port}.db"
        flags = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
        store = ("--database-url", database_url or f"sqlite:///{file}")
        process = self._start("server", "serve", *store, *flags, "--log-level", "warning")
        _wait_ready(process, http_port)
        return Running(
            pid=process.pid,
            http_port=http_port,
            grpc_port=grpc_port,
            otlp_grpc_port=otlp_grpc_port,
            otlp_http_port=otlp_http_port,
        )

    def bare_http(self) -> Running:
        """The bare Sanic handler."""
        process = self._start("bench.floor_http")
        return Running(pid=process.pid, http_port=_printed_port(process))

    def bare_grpc(self) -> Running:
        """The bare grpc.aio servicer."""
        process = self._start("bench.floor_grpc")
        return Running(pid=process.pid, grpc_port=_printed_port(process))

    def start_until(self, command: Sequence[str], ready: str) -> int:
        """Start a program; its process id once it has written this on standard error, or Failed if it ends before."""
        log = self.directory / f"log-{free_port()}"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.directory, stderr=output, start_new_session=True, text=True)
        self._stack.callback(_end, process)
        deadline = time.monotonic() + _START_SECONDS
        while ready not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{command[0]} did not start: {log.read_text()[-500:]}")
            time.sleep(_LOOK_SECONDS)
        return process.pid

    def fresh_file(self, name: str) -> Path:
        """The path of a database file that does not exist yet: what an earlier round left of it is removed."""
        for left in self.directory.glob(f"{name}*"):
            left.unlink()
        return self.directory / name

    def run(self, command: Sequence[str], *, seconds: float) -> str:
        """What a program that ends by itself writes; Failed if it takes longer than it may."""
        process = self._popen(command)
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{' '.join(command[:3])} did not end within {seconds:.0f} s") from error
        if process.returncode != 0:
            raise Failed(f"{' '.join(command[:3])} failed with exit code {process.returncode}")
        return output

    def run_module(self, module: str, *arguments: str, seconds: float) -> str:
        """The same for one of our programs."""
        return self.run([sys.executable, "-m", module, *arguments], seconds=seconds)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        return self._popen([sys.executable, "-m", module, *arguments])

    def _popen(self, command: Sequence[str]) -> subprocess.Popen[str]:
        # A session of its own: Ctrl+C reaches this program alone, which then ends the others in order.
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._stack.callback(_end, process)
        return process


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKING_")}
    return {**kept, "TRACKING_BOOTSTRAP_API_KEY": KEY}


def _wait_ready(process: "subprocess.Popen[str]", port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready(port):
            return
        time.sleep(_LOOK_SECONDS)
    raise Failed("the service did not become ready")


def is_ready(port: int) -> bool:
    """Whether `/readyz` says so."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _printed_port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
