"""Promise 18: a key is shown once, to whoever made it, and stands in no log, answer, metric or file."""

from pathlib import Path

import grpc.aio
import pytest
from tracking.v1 import query_service_pb2, tracking_service_pb2

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_client import GrpcClient, grpc_client
from tests.support.grpc_messages import event_message
from tests.support.raw_http import connected, request
from tests.support.rest_client import API, JSON, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, serving

pytestmark = IN_SESSION

_SMTP_PASSWORD = "a-password-that-nobody-may-see"
_WRONG = "trk_wrong-key-that-nobody-may-see-000000000000000"
_PATHS = ("/log", "/log/batch", "/entries", "/entries/0123456789abcdef", "/keys", "/nowhere")


async def test_no_secret_stands_in_a_log_an_answer_a_metric_or_the_file(tmp_path: Path) -> None:
    async with serving(tmp_path, log_level="debug", smtp_password=_SMTP_PASSWORD) as service:
        made = await _make_keys(service)
        secrets = {BOOTSTRAP_KEY, _SMTP_PASSWORD, _WRONG, *made}
        answers = [await _ask_everything(service, key) for key in (BOOTSTRAP_KEY, _WRONG, *made)]
        answers += [await _misplace(service, key) for key in (BOOTSTRAP_KEY, _WRONG, *made)]
        answers.append(await _metrics(service))
        await service.stop()
    kept = _files(tmp_path)
    assert kept
    for secret in secrets:
        for text in (*answers, *kept):
            assert secret.encode() not in text


async def test_a_revoked_key_opens_no_door(service: Service) -> None:
    async with rest_client(service) as admin:
        made = (await admin.post("/keys", {})).json
        async with rest_client(service, made["key"]) as client:
            assert (await client.post("/log", {"message": "before"})).status == 200
            assert (await admin.ask("DELETE", f"{API}/keys/{made['id']}")).status == 204
            assert (await client.post("/log", {"message": "after"})).status == 401
    async with grpc_client(service, made["key"]) as client:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await _log(client)
    assert failure.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def _make_keys(service: Service) -> list[str]:
    async with rest_client(service) as client:
        server = await client.post("/keys", {"scopes": ["ingest"]})
        browser = await client.post("/keys", {"kind": "browser", "origins": ["*"]})
    return [server.json["key"], browser.json["key"]]


async def _ask_everything(service: Service, key: str) -> bytes:
    answers = []
    async with rest_client(service, key) as client:
        for path in _PATHS:
            answers.append((await client.get(path)).body)
            answers.append((await client.post(path, b"{broken")).body)
            answers.append((await client.ask("GET", f"{API}{path}?apiKey={key}")).body)
    async with grpc_client(service, key) as other:
        for call in (_log, _list):
            try:
                await call(other)
            except grpc.aio.AioRpcError as error:
                answers.append(str(error).encode())
    return b"\n".join(answers)


async def _misplace(service: Service, key: str) -> bytes:
    """A key where it does not belong: in a path, a query, another scheme, a head that is not understood."""
    authorization = {"Authorization": f"Basic {key}", "Content-Type": JSON}
    wrong = (
        request("GET", f"/{key}"),
        request("GET", f"{API}/entries?level={key}&pageToken={key}", {"Authorization": f"Bearer {BOOTSTRAP_KEY}"}),
        request("POST", f"{API}/log?apiKey={key}", authorization, b"{}"),
        request("POST", f"{API}/log", {"Authorization": f"Bearer {key}\x00"}, b"{}"),
        f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer {key}\r\n\r\n".encode(),
        f"{key}\r\n\r\n".encode(),
    )
    answers = []
    for data in wrong:
        async with connected(service.http_port) as connection:
            answers.append((await connection.ask(data)).body)
    return b"\n".join(answers)


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def _metrics(service: Service) -> bytes:
    async with rest_client(service) as client:
        return (await client.ask("GET", "/metrics")).body


async def _log(client: GrpcClient) -> None:
    request = tracking_service_pb2.LogRequest(event=event_message({"message": "hello"}))
    await client.tracking.Log(request, metadata=client.metadata)


async def _list(client: GrpcClient) -> None:
    await client.query.ListEntries(query_service_pb2.ListEntriesRequest(), metadata=client.metadata)
