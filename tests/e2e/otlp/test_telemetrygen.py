"""OTLP 29: telemetrygen straight at the service."""

import asyncio
from asyncio.subprocess import PIPE

import pytest

from tests.support.collector_build import Programs
from tests.support.fixtures import IN_SESSION
from tests.support.otlp_service import otlp_address
from tests.support.rest_client import rest_client
from tests.support.service import BOOTSTRAP_KEY, Service

pytestmark = IN_SESSION

_WORKERS, _RECORDS = 2, 500
_SECONDS = 30.0


@pytest.mark.parametrize("grpc", [True, False], ids=["gRPC", "HTTP"])
async def test_every_record_of_telemetrygen_is_an_entry(otel_programs: Programs, service: Service, grpc: bool) -> None:
    options = [
        *("--otlp-insecure", *([] if grpc else ["--otlp-http"])),
        *("--otlp-endpoint", otlp_address(service, grpc=grpc)),
        *("--otlp-header", f'authorization="Bearer {BOOTSTRAP_KEY}"'),
        *("--workers", str(_WORKERS), "--logs", str(_RECORDS), "--rate", "0"),
        *("--severity-number", "17", "--severity-text", "Error", "--body", "Payment failed"),
        *("--service", "checkout", "--telemetry-attributes", "attempt=3"),
    ]
    done = await asyncio.create_subprocess_exec(otel_programs.telemetrygen, "logs", *options, stderr=PIPE)
    async with asyncio.timeout(_SECONDS):
        _, error = await done.communicate()
    assert done.returncode == 0, error.decode()
    async with rest_client(service) as client:
        entries = await client.entries()
    assert len(entries) == _WORKERS * _RECORDS
    for entry in entries:
        assert entry["door"] == ("otlp_grpc" if grpc else "otlp_http")
        assert (entry["level"], entry["service"], entry["message"]) == ("error", "checkout", "Payment failed")
        assert entry["attributes"]["attempt"] == 3
        assert (entry["severityNumber"], entry["severityText"]) == (17, "Error")
