"""The real Collector as a contestant: it receives the same load and does with it what a user would have it do."""

import json
from typing import Any

from bench.stage import Failed, Running, Stage
from tests.support.collector_build import NoGo, built_programs
from tests.support.ports import free_port

_READY = "Everything is ready."
_MANY_REQUESTS = 1_000_000


def file_collector(stage: Stage) -> Running:
    """It writes what it receives to a file, as JSON lines; nothing is fsynced."""
    exporter = {"file": {"path": str(stage.directory / "received.json")}}
    return _start(stage, exporter, {})


def queue_collector(stage: Stage) -> Running:
    """It keeps what it receives in a queue on the disk, fsynced, until a backend takes it; here none ever does."""
    storage = {"directory": str(stage.directory / "queue"), "create_directory": True, "fsync": True}
    exporter = {
        "otlp_http": {
            "endpoint": f"http://127.0.0.1:{free_port()}",
            "retry_on_failure": {"initial_interval": "1h", "max_interval": "1h", "max_elapsed_time": 0},
            "sending_queue": {"storage": "file_storage", "queue_size": _MANY_REQUESTS, "num_consumers": 1},
        }
    }
    return _start(stage, exporter, {"file_storage": storage})


def _start(stage: Stage, exporter: dict[str, Any], extensions: dict[str, Any]) -> Running:
    port = free_port()
    config = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}", "max_recv_msg_size_mib": 64}}}},
        "exporters": exporter,
        "extensions": extensions,
        "service": {
            "extensions": list(extensions),
            "pipelines": {"logs": {"receivers": ["otlp"], "exporters": list(exporter)}},
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    file = stage.directory / f"collector-{port}.json"
    file.write_text(json.dumps(config))
    try:
        program = built_programs(lambda line: print(line, flush=True)).collector
    except NoGo as missing:
        raise Failed(str(missing)) from missing
    return Running(pid=stage.start_until([str(program), "--config", str(file)], _READY), otlp_grpc_port=port)
