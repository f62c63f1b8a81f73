"""HTTP load by wrk."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from bench.measurement import Measurement
from bench.stage import KEY, Failed, Running, Stage

PATH = shutil.which("wrk")
MISSING = "wrk is missing: rows over HTTP are skipped (Debian and Ubuntu: apt-get install wrk)"
_SCRIPT = Path(__file__).with_name("post.lua")
_SEPARATOR = b"\x1e"
_GRACE_SECONDS = 15.0
_TIMEOUT_SECONDS = 10


class _Summary(msgspec.Struct):
    requests: int
    microseconds: int
    p50_microseconds: int
    p99_microseconds: int
    refused: int
    broken: int


class Load:
    """Posts the same bodies in turn to any server of a stage."""

    def __init__(
        self,
        stage: Stage,
        bodies: Sequence[bytes],
        *,
        path: str = "log",
        media_type: str = "application/json",
        events_each: int = 1,
    ) -> None:
        self._stage = stage
        self._path = path
        self._media_type = media_type
        self._events_each = events_each
        self._file = stage.directory / f"bodies-{len(list(stage.directory.iterdir()))}"
        self._file.write_bytes(_SEPARATOR.join(bodies))

    def measure(self, server: Running, *, connections: int, seconds: int) -> Measurement:
        """Load for this long; raises Failed if any request fails or is refused."""
        process = psutil.Process(server.pid)
        spent = process.cpu_times()
        output = self._stage.run(self._command(server, connections, seconds), seconds=seconds + _GRACE_SECONDS)
        now = process.cpu_times()
        cpu_seconds = now.user + now.system - spent.user - spent.system
        summary = msgspec.json.decode(output.splitlines()[-1], type=_Summary)
        if summary.refused or summary.broken or not summary.requests:
            failed = f"{summary.refused} refused, {summary.broken} broken off or not answered in time"
            raise Failed(f"of {summary.requests} requests {failed}")
        events = summary.requests * self._events_each
        return Measurement(
            rate=events / summary.microseconds * 1e6,
            cpu_microseconds=cpu_seconds / events * 1e6,
            p50_milliseconds=summary.p50_microseconds / 1e3,
            p99_milliseconds=summary.p99_microseconds / 1e3,
        )

    def _command(self, server: Running, connections: int, seconds: int) -> list[str]:
        assert PATH is not None
        url = f"http://127.0.0.1:{server.http_port}/api/v1/tracking/{self._path}"
        load = f"--threads 1 --connections {connections} --duration {seconds}s --timeout {_TIMEOUT_SECONDS}s".split()
        return [PATH, *load, "--script", str(_SCRIPT), url, "--", str(self._file), KEY, self._media_type]
