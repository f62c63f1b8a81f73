"""The service as users run it: a process of its own, in a session of its own, that never outlives its test."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
BOOTSTRAP_KEY = "bootstrap-key-of-the-tests-0123456789"

_GRPC = re.compile(r"gRPC listens at \S+:(\d+)")
_OTLP = re.compile(r"OTLP listens at \S+:(\d+)(?: \(TLS\))? \(gRPC\) and \S+:(\d+) \(HTTP\)")
_START_SECONDS = 20.0


class Service:
    """One service and its folder; started, killed and started again on the same file.

    `settings` are by the name of their field and count from the next start on. Ports are new with every start.
    """

    command: Sequence[str] = ("-m", "server", "serve")
    http_line = re.compile(r"HTTP listens at \S+:(\d+)")
    good_ends: Sequence[int] = (0,)

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.database = folder / "tracking.db"
        self.settings: dict[str, object] = {
            "database_url": f"sqlite:///{self.database}",
            "bootstrap_api_key": BOOTSTRAP_KEY,
            "http_port": 0,
            "grpc_port": 0,
            "otlp_grpc_port": 0,
            "otlp_http_port": 0,
            "doors": "http,grpc,otlp",
            **settings,
        }
        self.http_port = 0
        self.grpc_port = 0
        self.otlp_grpc_port = 0
        self.otlp_http_port = 0
        self.starts = 0
        self.start_seconds = 0.0
        self._listens = False
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and return once its doors are open."""
        self.starts += 1
        self._listens = False
        begin = perf_counter()
        self._process = self._begin()
        await until(self._listens_or_ended, timeout_seconds=_START_SECONDS)
        assert self.runs, f"The service did not start:\n{self.stderr}"
        self.start_seconds = perf_counter() - begin

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running.send_signal(number)

    async def ended(self, *, timeout_seconds: float = 30.0) -> int:
        """Wait for its end; the exit code."""
        await until(lambda: self._running.poll() is not None, timeout_seconds=timeout_seconds)
        return self._running.wait()

    async def stop(self) -> None:
        """Stop it as an operator does."""
        self.signal(signal.SIGTERM)
        code = await self.ended()
        assert code in self.good_ends, f"The service ended with {code}:\n{self.stderr}"

    async def kill(self) -> None:
        """Take it away without a warning."""
        self._listens = False
        self.signal(signal.SIGKILL)
        await self.ended()

    async def restart(self) -> None:
        """Stop it and start it again on the same file."""
        await self.stop()
        await self.start()

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def listens(self) -> bool:
        """Whether its doors are open, as far as one can know: nobody should knock at a port that may be another's."""
        return self._listens and self.runs

    @property
    def process(self) -> psutil.Process:
        """What the system knows of it."""
        return psutil.Process(self._running.pid)

    @property
    def stdout(self) -> str:
        """What it has written to standard output since its last start."""
        return self._output("stdout").read_text()

    @property
    def stderr(self) -> str:
        """The same for standard error."""
        return self._output("stderr").read_text()

    def put_down(self) -> None:
        """End whatever is left of it."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._output("stdout").open("wb") as stdout, self._output("stderr").open("wb") as stderr:
            return subprocess.Popen(
                [sys.executable, *self.command],
                cwd=self.folder,
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _output(self, name: str) -> Path:
        return self.folder / f"{name}-{self.starts}"

    def _listens_or_ended(self) -> bool:
        doors = str(self.settings["doors"]).split(",")
        log = self.stderr
        found = {"http": self.http_line.search(log), "grpc": _GRPC.search(log), "otlp": _OTLP.search(log)}
        if any(found[door] is None for door in doors):
            return not self.runs
        http, grpc, otlp = found.values()
        self.http_port, self.grpc_port = int(http[1]) if http else 0, int(grpc[1]) if grpc else 0
        self.otlp_grpc_port, self.otlp_http_port = (int(otlp[1]), int(otlp[2])) if otlp else (0, 0)
        self._listens = True
        return True


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """The environment of this process, with these settings of the service and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRACKING_")}
    chosen = {f"TRACKING_{field.upper()}": str(value) for field, value in settings.items() if value is not None}
    return {**inherited, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}", **chosen}


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Service]:
    """A service that runs; its process is gone at the end, whatever happened, and has logged no bug of its own."""
    async with running(Service(folder, **settings)) as service:
        yield service


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    """The same for a service that was made already."""
    try:
        await service.start()
        yield service
    finally:
        service.put_down()
    for start in range(1, service.starts + 1):
        log = (service.folder / f"stderr-{start}").read_text()
        assert "Traceback" not in log, log
