"""TLS for every door, from files."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.command_line import run_tracking
from tests.support.fixtures import IN_SESSION
from tests.support.service import BOOTSTRAP_KEY, Service, serving

pytestmark = IN_SESSION


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost; its key lies beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(tmp_path / "key.pem"), "-out", str(path), "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return path


async def test_with_a_certificate_every_door_speaks_tls_and_nothing_else(tmp_path: Path, certificate: Path) -> None:
    files = {"tls_certificate": certificate, "tls_key": certificate.with_name("key.pem")}
    async with serving(tmp_path, host="localhost", **files) as service:
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=certificate), trust_env=False) as client:
            answer = await client.post(
                f"https://localhost:{service.http_port}/api/v1/tracking/log",
                headers={"Authorization": f"Bearer {BOOTSTRAP_KEY}"},
                json={"message": "sealed"},
            )
        assert answer.json() == {"success": True}
        address = {"TRACKING_ADDRESS": f"localhost:{service.grpc_port}", "TRACKING_API_KEY": BOOTSTRAP_KEY}
        found = run_tracking("entries", "--ca-file", str(certificate), cwd=tmp_path, **address)
        assert "sealed" in found.stdout
        await no_door_speaks_plain_text(service)
        await service.stop()


async def no_door_speaks_plain_text(service: Service) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(f"http://localhost:{service.http_port}/livez")
    async with grpc.aio.insecure_channel(f"localhost:{service.grpc_port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_container_with_tls_may_ask_itself(tmp_path: Path, certificate: Path) -> None:
    files = {"tls_certificate": certificate, "tls_key": certificate.with_name("key.pem")}
    async with serving(tmp_path, **files) as service:
        own = {f"TRACKING_{field.upper()}": str(value) for field, value in service.settings.items()}
        # The certificate does not name 127.0.0.1, which this machine need not prove to itself.
        own |= {"TRACKING_HTTP_PORT": str(service.http_port)}
        asked = run_tracking("health", "--local", cwd=tmp_path, **own)
        assert (asked.returncode, asked.stdout) == (0, "READY\n"), asked.stderr
