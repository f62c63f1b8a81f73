"""Under uvicorn and under hypercorn the HTTP doors keep their promises: same answers, same limits, nothing lost."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.asgi_service import SERVERS, AsgiService
from tests.support.fixtures import IN_SESSION
from tests.support.otlp_client import LOGS, PROTOBUF, logs
from tests.support.raw_http import chunked, connected, request
from tests.support.rest_client import API, JSON, NDJSON
from tests.support.service import BOOTSTRAP_KEY, Service, environment, running
from tests.support.waiting import until

_LIMIT_BYTES = 65_536
_HEADERS = {"Authorization": f"Bearer {BOOTSTRAP_KEY}", "Content-Type": JSON}


@pytest_asyncio.fixture(params=SERVERS, loop_scope="session")
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    async with running(AsgiService(tmp_path, request.param, max_request_bytes=_LIMIT_BYTES)) as service:
        yield service


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def client_of(service: Service) -> httpx.AsyncClient:
    url = f"http://127.0.0.1:{service.http_port}"
    return httpx.AsyncClient(base_url=url, headers=_HEADERS, trust_env=False, timeout=20)


@IN_SESSION
async def test_events_come_in_within_limits_and_are_found_again_also_after_a_restart(service: Service) -> None:
    async with client_of(service) as client:
        assert (await client.get("/readyz")).json() == {"status": "ok"}
        answer = await client.post(f"{API}/log", json={"message": "one"})
        assert (answer.status_code, answer.json(), answer.headers["Tracking-Outcome"]) == (
            *(200, {"success": True}),
            "stored",
        )
        lines = gzip.compress(b'{"message": "two"}\n{"message": ""}\n{"message": "three"}')
        fields = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
        batch = (await client.post(f"{API}/log/batch", content=lines, headers=fields)).json()
        assert (batch["stored"], batch["rejected"], batch["errors"][0]["index"]) == (2, 1, 1)
        assert (await client.post(f"{API}/log", json={})).status_code == 422
        assert (await client.get(f"{API}/entries", headers={"Authorization": ""})).status_code == 401
        assert (await client.options(f"{API}/log", headers={"Origin": "https://shop.example"})).status_code == 204
    await require_413(service.http_port)
    assert await messages(service) == ["three", "two", "one"]
    await service.restart()
    assert await messages(service) == ["three", "two", "one"]


@IN_SESSION
async def test_otlp_over_http_is_there_too(service: Service) -> None:
    fields = {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}
    body = gzip.compress(logs("one").SerializeToString())
    async with client_of(service) as client:
        answer = await client.post(LOGS, content=body, headers=fields)
        assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, PROTOBUF, b"")
        answer = await client.post(LOGS, content=b"\xff", headers=fields)
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROTOBUF)
        assert (await client.post(LOGS, content=b"x", headers={"Content-Type": "text/plain"})).status_code == 415
    assert await messages(service) == ["one"]


async def require_413(port: int) -> None:
    """By the length that is declared, and by the chunks that come."""
    declared = request("POST", f"{API}/log", {**_HEADERS, "Content-Length": str(_LIMIT_BYTES + 1)})
    pieces = chunked(*[b" " * 8_192] * (_LIMIT_BYTES // 8_192 + 1))
    in_chunks = request("POST", f"{API}/log", {**_HEADERS, "Transfer-Encoding": "chunked"}) + pieces
    for data in (declared, in_chunks):
        async with connected(port) as connection:
            await connection.send(data)
            assert (await connection.answer(with_body=False)).status == 413


@IN_SESSION
async def test_a_stop_under_load_loses_nothing_that_was_acknowledged(service: Service) -> None:
    acknowledged: set[str] = set()

    async def produce(producer: int) -> None:
        async with client_of(service) as client:
            for number in range(100_000):
                message = f"{producer}/{number}"
                try:
                    answer = await client.post(f"{API}/log", json={"message": message})
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                acknowledged.add(message)

    producers = [asyncio.create_task(produce(producer)) for producer in range(8)]
    await until(lambda: len(acknowledged) > 200)
    await service.stop()
    await asyncio.gather(*producers)
    await service.start()
    assert acknowledged <= set(await messages(service))


def test_a_start_that_cannot_be_is_one_clear_line(tmp_path: Path, server: str) -> None:
    process = subprocess.run(
        [sys.executable, *SERVERS[server]],
        cwd=tmp_path,
        env=environment({"queue_bytes": "lots"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        start_new_session=True,
    )
    lines = [line for line in process.stderr.splitlines() if "TRACKING_" in line]
    assert len(lines) == 1
    assert "tracking: TRACKING_QUEUE_BYTES: a size is needed" in lines[0]
    assert "Traceback" not in process.stderr


async def messages(service: Service) -> list[str]:
    """Of all entries, newest first."""
    found: list[str] = []
    async with client_of(service) as client:
        parameters = {"pageSize": "1000"}
        while True:
            page = (await client.get(f"{API}/entries", params=parameters)).json()
            found += [entry["message"] for entry in page["entries"]]
            if "nextPageToken" not in page:
                return found
            parameters["pageToken"] = page["nextPageToken"]
