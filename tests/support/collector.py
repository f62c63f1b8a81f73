"""A real OpenTelemetry Collector between a test and the service."""

import json
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

from tests.support.otlp_service import otlp_address
from tests.support.ports import steady_port
from tests.support.service import BOOTSTRAP_KEY, Service, environment
from tests.support.waiting import until

_READY = "Everything is ready."
_START_SECONDS = 20.0
_BATCH_RECORDS = 200
UNIQUE = {"transform": {"log_statements": ['set(log.attributes["log.record.uid"], UUID())']}}
"""A processor that gives every record an id of its own."""


class Collector:
    """One Collector and its folder; its queue is there, so it is found again after a kill."""

    def __init__(
        self, binary: Path, folder: Path, configs: Sequence[Path], variables: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.starts = 0
        self._command = [str(binary), *(word for config in configs for word in ("--config", str(config)))]
        self._environment = {**environment({}), "TRACKING_API_KEY": BOOTSTRAP_KEY, **(variables or {})}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and return once it takes records."""
        self.starts += 1
        self._process = self._begin()
        await until(lambda: _READY in self.log or not self._runs, timeout_seconds=_START_SECONDS)
        assert self._runs, f"The Collector did not start:\n{self.log}"

    async def end(self, number: Signals = SIGTERM) -> None:
        """Stop it as an operator does, or take it away without a warning."""
        assert self._process is not None
        self._process.send_signal(number)
        await until(lambda: not self._runs, timeout_seconds=_START_SECONDS)

    @property
    def log(self) -> str:
        """What it has written since its last start."""
        return self._log.read_text()

    def put_down(self) -> None:
        """End whatever is left of it."""
        if self._process is not None:
            if self._runs:
                self._process.send_signal(SIGKILL)
            self._process.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _log(self) -> Path:
        return self.folder / f"collector-{self.starts}"


@asynccontextmanager
async def collecting(collector: Collector) -> AsyncIterator[Collector]:
    """A Collector that runs; its process is gone at the end, whatever happened."""
    try:
        await collector.start()
        yield collector
    finally:
        collector.put_down()


def exporter_of(service: Service, name: str, **settings: Any) -> dict[str, Any]:
    """An exporter to a service, `otlp_grpc` or `otlp_http`: as in examples/collector, but in a hurry."""
    grpc = name == "otlp_grpc"
    address = otlp_address(service, grpc=grpc)
    return {
        name: {
            "endpoint": address if grpc else f"http://{address}",
            "tls": {"insecure": True},
            "headers": {"authorization": "Bearer ${env:TRACKING_API_KEY}"},
            "retry_on_failure": {"initial_interval": "100ms", "max_interval": "500ms", "max_elapsed_time": 0},
            "sending_queue": {
                "storage": "file_storage",
                "batch": {"flush_timeout": "100ms", "min_size": _BATCH_RECORDS, "max_size": _BATCH_RECORDS},
            },
            **settings,
        }
    }


def configured(
    binary: Path, folder: Path, exporter: Mapping[str, Any], processors: Mapping[str, Any] | None = None
) -> tuple[Collector, int]:
    """A Collector with one pipeline, its queue in a file, and the gRPC port that it receives at."""
    port = steady_port()
    config = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
        "processors": processors or {},
        "exporters": exporter,
        "extensions": {"file_storage": {"directory": str(folder / "queue"), "create_directory": True}},
        "service": {
            "extensions": ["file_storage"],
            "pipelines": {
                "logs": {"receivers": ["otlp"], "processors": list(processors or {}), "exporters": list(exporter)}
            },
            # Its own metrics would be another port.
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    path = folder / "collector.json"
    path.write_text(json.dumps(config))
    return Collector(binary, folder, [path]), port
