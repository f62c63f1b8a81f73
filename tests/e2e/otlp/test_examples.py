"""The examples for OpenTelemetry run as their documents say, and print what those say."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.support.collector import Collector, collecting
from tests.support.collector_build import Programs
from tests.support.documents import ROOT, commands_of
from tests.support.fixtures import IN_SESSION
from tests.support.otlp_service import otlp_address
from tests.support.ports import steady_port
from tests.support.reader import Reader
from tests.support.rest_client import rest_client
from tests.support.service import BOOTSTRAP_KEY, Service
from tests.support.waiting import eventually

pytestmark = IN_SESSION

EXAMPLES = ROOT / "examples"


def reader_of(service: Service, folder: Path, replaced: Mapping[str, str]) -> Reader:
    """Somebody in the folder of the project, who has put a key where the documents have a placeholder."""
    reader = Reader(
        folder / "reader",
        {"YOUR_API_KEY": BOOTSTRAP_KEY, **replaced},
        {"address": f"127.0.0.1:{service.grpc_port}"},
    )
    (reader.folder / "examples").symlink_to(EXAMPLES)
    return reader


async def test_the_example_of_the_collector_brings_a_record_to_the_service(
    otel_programs: Programs, service: Service, tmp_path: Path
) -> None:
    addresses = {name: f"127.0.0.1:{steady_port()}" for name in ("COLLECTOR_GRPC", "COLLECTOR_HTTP")}
    quiet = tmp_path / "quiet.json"
    # Its own metrics would be another port.
    quiet.write_text(json.dumps({"service": {"telemetry": {"metrics": {"level": "none"}}}}))
    # It runs beside the reader, who only believes to start it.
    replaced = {"localhost:14318": addresses["COLLECTOR_HTTP"], "otelcol-contrib ": "true "}
    reader = reader_of(service, tmp_path, replaced)
    start, send, show = commands_of(EXAMPLES / "collector" / "README.md")
    collector = Collector(
        otel_programs.collector,
        tmp_path,
        [EXAMPLES / "collector" / "config.yaml", quiet],
        {"SERVICE_OTLP": otlp_address(service, grpc=True), **addresses},
    )
    async with collecting(collector), rest_client(service) as client:
        reader.run(start)
        reader.run(send)

        async def has_arrived() -> bool:
            return bool(await client.entries())

        await eventually(has_arrived)
        reader.run(show)
        (entry,) = await client.entries()
    assert entry["attributes"].keys() == {"log.record.uid"}
    assert (tmp_path / "queue").is_dir()


async def test_the_example_of_the_python_sdk_logs_an_exception(service: Service, tmp_path: Path) -> None:
    replaced = {"localhost:4318": otlp_address(service, grpc=False), "python examples": ".venv/bin/python examples"}
    reader = reader_of(service, tmp_path, replaced)
    for command in commands_of(EXAMPLES / "python-sdk" / "README.md"):
        reader.run(command)
    async with rest_client(service) as client:
        error, info = await client.entries()
    assert info["attributes"] == {"orderId": 25000233}
    attributes = error["attributes"]
    assert attributes.keys() == {"orderId", "exception.type", "exception.message", "exception.stacktrace"}
    assert attributes["exception.type"] == "TimeoutError"
    assert "in charge\n" in attributes["exception.stacktrace"]
    assert (error["component"], error["release"], error["environment"]) == ("shop.payments", "1.2.3", "production")
    assert "windowEndTime" in error
