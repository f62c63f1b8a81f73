"""OTLP over HTTP, on its own port and on the main one."""

import gzip
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import time_ns

import pytest
import pytest_asyncio

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService, in_process
from tests.support.otlp_client import (
    BAD_LEVEL,
    JSON,
    LOGS,
    PROTOBUF,
    OtlpHttp,
    in_json,
    logs,
    logs_json,
    otlp_http,
    response_of,
    status_of,
)
from tests.support.raw_http import chunked, connected, request
from tests.support.results import find
from tests.support.waiting import until

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = IN_SESSION

NOT_READ = {PROTOBUF: b"\xff" * 100, JSON: b"{"}


@pytest_asyncio.fixture(loop_scope="session")
async def otlp(port: int, client: Client) -> AsyncIterator[OtlpHttp]:
    """OTLP with the key of a new organisation."""
    async with otlp_http(port, client.key) as connected_client:
        yield connected_client


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
async def test_success_is_200_and_the_empty_response_of_the_same_encoding(
    otlp: OtlpHttp, client: Client, media_type: str
) -> None:
    body = logs("one", "two").SerializeToString() if media_type == PROTOBUF else logs_json("one", "two")
    answer = await otlp.post(body, media_type)
    assert (answer.status, answer.fields["content-type"]) == (200, media_type)
    assert answer.body == (b"" if media_type == PROTOBUF else b"{}")
    entries = await find(client.rest)
    assert sorted(entry["message"] for entry in entries) == ["one", "two"]
    assert {entry["door"] for entry in entries} == {"otlp_http"}


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
async def test_unacceptable_records_are_counted_and_the_others_stored(
    otlp: OtlpHttp, client: Client, media_type: str
) -> None:
    mixed = logs("good")
    mixed.MergeFrom(logs("bad", attributes=BAD_LEVEL))
    body = mixed.SerializeToString() if media_type == PROTOBUF else in_json(mixed)
    partial = response_of(await otlp.post(body, media_type)).partial_success
    assert partial.rejected_log_records == 1
    assert partial.error_message.startswith("record 2 of 2: INVALID_LEVEL: ")
    assert [entry["message"] for entry in await find(client.rest)] == ["good"]


@pytest.mark.parametrize(("media_type", "body"), [(PROTOBUF, b""), (JSON, b"{}"), (JSON, b'{"resourceLogs":[]}')])
async def test_an_empty_request_is_fine(otlp: OtlpHttp, client: Client, media_type: str, body: bytes) -> None:
    assert not response_of(await otlp.post(body, media_type)).HasField("partial_success")
    assert await find(client.rest) == []


async def test_the_media_type_is_read_in_any_case_and_without_its_parameters(otlp: OtlpHttp) -> None:
    for spelt, media_type in (("Application/X-Protobuf; x=y", PROTOBUF), ("APPLICATION/JSON;charset=utf-8", JSON)):
        body = logs_json("one") if media_type == JSON else logs("one").SerializeToString()
        answer = await otlp.post(body, spelt)
        assert (answer.status, answer.fields["content-type"]) == (200, media_type)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-ndjson", "", None])
async def test_another_media_type_is_refused_in_json(otlp: OtlpHttp, media_type: str | None) -> None:
    answer = await otlp.post(b"x", media_type)
    assert (answer.status, answer.fields["content-type"]) == (415, JSON)
    assert "application/x-protobuf" in status_of(answer).message


@pytest.mark.parametrize("coding", ["br", "snappy", "gzip, gzip", "none"])
async def test_another_content_encoding_is_refused_in_json(otlp: OtlpHttp, coding: str) -> None:
    answer = await otlp.post(logs("one").SerializeToString(), Content_Encoding=coding)
    assert (answer.status, answer.fields["content-type"]) == (415, JSON)
    assert "zstd" in status_of(answer).message


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
async def test_every_error_is_a_status_in_the_encoding_of_the_request(
    otlp: OtlpHttp, port: int, client: Client, clock: Clock, media_type: str
) -> None:
    reader, slow = await client.with_key("read"), await client.with_key(rate=1)
    for body, key, status, code in (
        (NOT_READ[media_type], client.key, 400, 3),
        (b"x", "none", 401, 16),
        (b"x", reader.key, 403, 7),
    ):
        answer = await otlp.post(body, media_type, Authorization=f"Bearer {key}")
        assert (answer.status, answer.fields["content-type"]) == (status, media_type)
        assert status_of(answer).code == code
    empty = {PROTOBUF: b"", JSON: b"{}"}[media_type]
    answers = [await otlp.post(empty, media_type, Authorization=f"Bearer {slow.key}") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert int(answers[1].fields["retry-after"]) >= 1
    assert [answer.fields["x-ratelimit-remaining"] for answer in answers] == ["0", "0"]
    assert status_of(answers[1]).code == 8
    answer = await otlp.ask("PUT", LOGS, b"", media_type)
    assert (answer.status, answer.fields["content-type"], answer.fields["allow"]) == (405, media_type, "POST")
    status_of(answer)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
async def test_another_method_is_refused_without_a_key(port: int, method: str) -> None:
    async with connected(port) as connection:
        answer = await connection.ask(request(method, LOGS))
    assert (answer.status, answer.fields["allow"]) == (405, "POST")
    status_of(answer)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/metrics"])
@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
async def test_traces_and_metrics_are_not_taken(
    service: InProcessService, client: Client, path: str, media_type: str
) -> None:
    async with otlp_http(service.otlp_http_port, client.key) as otlp:
        answer = await otlp.post(b"", media_type, path=path)
    assert (answer.status, answer.fields["content-type"]) == (404, media_type)
    assert status_of(answer).message == "logs only"


async def test_an_unknown_path_is_not_found(service: InProcessService, client: Client) -> None:
    async with otlp_http(service.otlp_http_port, client.key) as otlp:
        for path in ("/", "/v1/log", "/v1/logs/x", "/api/v1/tracking/log"):
            answer = await otlp.post(b"", path=path)
            assert answer.status == 404
            assert status_of(answer).code == 5


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip in members": ("gzip", lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:])),
    "deflate": ("deflate", zlib.compress),
    "zstd": ("zstd", zstd.compress),
    "identity": ("identity", bytes),
}


@pytest.mark.parametrize(("coding", "compress"), CODINGS.values(), ids=CODINGS.keys())
async def test_compressed_bodies_are_read(
    otlp: OtlpHttp, client: Client, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    body = logs("x" * 5000).SerializeToString()
    response_of(await otlp.post(compress(body), Content_Encoding=coding))
    assert [len(entry["message"]) for entry in await find(client.rest)] == [5000]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
async def test_a_truncated_body_is_malformed(otlp: OtlpHttp, coding: str) -> None:
    answer = await otlp.post(CODINGS[coding][1](logs("x" * 5000).SerializeToString())[:-4], Content_Encoding=coding)
    assert (answer.status, answer.fields["content-type"]) == (400, PROTOBUF)
    status_of(answer)


async def test_a_body_beyond_the_limit_is_too_large_before_and_after_inflation(tmp_path: Path) -> None:
    limit = 100_000
    async with in_process(tmp_path, otlp_max_request_bytes=limit) as service:
        client = await service.new_client()
        for port in (service.http_port, service.otlp_http_port):
            body = logs("x" * limit).SerializeToString()
            for sent, coding in ((body, "identity"), *((compress(body), name) for name, compress in CODINGS.values())):
                async with otlp_http(port, client.key) as otlp:
                    answer = await otlp.post(sent, Content_Encoding=coding)
                assert (answer.status, answer.fields["content-type"]) == (413, PROTOBUF)
                assert "retry-after" not in answer.fields
                assert status_of(answer).code == 8
            async with otlp_http(port, client.key) as otlp:
                response_of(await otlp.post(logs("x" * 99_000).SerializeToString()))
        assert service.core.services.budget.used == 0


async def test_a_body_in_chunks_needs_no_length(otlp: OtlpHttp, client: Client) -> None:
    body = logs("in chunks").SerializeToString()
    fields = {**otlp.fields, "Content-Type": PROTOBUF, "Transfer-Encoding": "chunked"}
    answer = await otlp.connection.ask(request("POST", LOGS, fields) + chunked(body[:5], body[5:]))
    response_of(answer)
    assert [entry["message"] for entry in await find(client.rest)] == ["in chunks"]


@pytest.mark.parametrize("depth", [40, 10_000])
async def test_deep_json_is_kept_or_malformed(otlp: OtlpHttp, client: Client, depth: int) -> None:
    value = b'{"arrayValue":{"values":[' * depth + b'{"intValue":1}' + b"]}}" * depth
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + value + b"}]}]}]}"
    answer = await otlp.post(body, JSON)
    assert answer.status == (200 if depth == 40 else 400)
    assert len(await find(client.rest)) == (depth == 40)


@pytest.mark.parametrize("body", [b"[]", b"", b"{", b'{"resourceLogs":{}}', b'{"resourceLogs":["x"]}', b'"x"', b"\xff"])
async def test_json_that_is_no_request_is_malformed(otlp: OtlpHttp, body: bytes) -> None:
    answer = await otlp.post(body, JSON)
    assert (answer.status, answer.fields["content-type"]) == (400, JSON)
    assert status_of(answer).code == 3


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
async def test_what_does_not_arrive_in_time_may_be_sent_again(tmp_path: Path, media_type: str) -> None:
    async with in_process(tmp_path, body_seconds=0.3) as running:
        key = (await running.new_client()).key
        fields = {"Authorization": f"Bearer {key}", "Content-Type": media_type, "Content-Length": "1000"}
        for port in (running.otlp_http_port, running.http_port):
            async with connected(port) as connection:
                answer = await connection.ask(request("POST", LOGS, fields) + b"{")
                assert (answer.status, answer.fields["retry-after"]) == (503, "1")
                assert answer.fields["content-type"] == media_type
                status_of(answer)
                assert await connection.closed() == b""
        assert (await running.event_counts())["otlp_http", "", "shed", "overloaded"] == 2


async def test_the_bridge_can_be_watched_on_its_own_port(service: InProcessService, client: Client) -> None:
    async with otlp_http(service.otlp_http_port, client.key) as otlp:
        response_of(await otlp.post(logs("one", time=time_ns()).SerializeToString()))
        assert [(await otlp.ask("GET", path)).status for path in ("/livez", "/readyz")] == [200, 200]
        metrics = (await otlp.ask("GET", "/metrics")).body.decode()
    assert 'code="200",door="otlp_http",method="/v1/logs"' in metrics


async def test_every_record_has_one_outcome(tmp_path: Path) -> None:
    async with in_process(tmp_path) as service:
        client = await service.new_client()
        async with otlp_http(service.otlp_http_port, client.key) as otlp:
            mixed = logs("good", "good")
            mixed.MergeFrom(logs("bad", attributes=BAD_LEVEL))
            await otlp.post(mixed.SerializeToString())
            await otlp.post(b"\xff")
            await otlp.post(b"{}", "text/plain")
        assert await service.event_counts() == {
            ("otlp_http", "info", "stored", ""): 2,
            ("otlp_http", "", "rejected", "invalid_level"): 1,
            ("otlp_http", "", "rejected", "invalid_body"): 1,
            ("otlp_http", "", "rejected", "unsupported_media_type"): 1,
        }


async def test_whoever_goes_away_in_the_middle_leaves_nothing_behind(service: InProcessService, client: Client) -> None:
    async with otlp_http(service.otlp_http_port, client.key) as otlp:
        fields = {**otlp.fields, "Content-Type": PROTOBUF, "Content-Length": "1000"}
        await otlp.connection.send(request("POST", LOGS, fields) + b"x" * 10)
        otlp.connection.hang_up()
    await until(lambda: not service.core.services.budget.used)
    assert await find(client.rest) == []
