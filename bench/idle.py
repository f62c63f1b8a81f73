"""What the service costs before it does anything: time until it is ready, memory once it has answered."""

from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import monotonic

import msgspec
import psutil

from bench.events import single_bodies
from bench.stage import KEY, Running, Stage

_FIRST_REQUESTS = 20
_MEGABYTE = 1_000_000


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over several starts, each on an empty file."""

    start_to_ready_seconds: float
    resident_megabytes: float
    starts: int


MOST_SECONDS = 1.5
MOST_MEGABYTES = 110.0


def measure_idle(parent: Path, *, starts: int, on_progress: Callable[[str], None]) -> Idle:
    """Start the service so many times, one after the other."""
    seconds, megabytes = [], []
    for number in range(starts):
        on_progress(f"idle: start {number + 1} of {starts}")
        with Stage(parent) as stage:
            begin = monotonic()
            service = stage.service()
            seconds.append(monotonic() - begin)
            _send_first_requests(stage, service)
            megabytes.append(psutil.Process(service.pid).memory_info().rss / _MEGABYTE)
    return Idle(start_to_ready_seconds=median(seconds), resident_megabytes=median(megabytes), starts=starts)


def _send_first_requests(stage: Stage, service: Running) -> None:
    connection = HTTPConnection("127.0.0.1", service.http_port, timeout=5)
    authorization = {"Authorization": f"Bearer {KEY}"}
    for body in single_bodies()[:_FIRST_REQUESTS]:
        connection.request("POST", "/api/v1/tracking/log", body, {**authorization, "Content-Type": "application/json"})
        connection.getresponse().read()
    connection.request("GET", "/api/v1/tracking/entries", headers=authorization)
    connection.getresponse().read()
    connection.close()
    options = ("--kind", "log", "--in-flight", "1", "--key", KEY, "--seconds", "0.1")
    target = ("--address", f"127.0.0.1:{service.grpc_port}", "--server-pid", str(service.pid))
    stage.run_module("bench.grpc_client", *options, *target, seconds=20)
