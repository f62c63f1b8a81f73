"""Promise 10: a body that becomes a thousand times its size is refused in flat memory, the tenth as the first."""

import asyncio
import gzip
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from grpc import Compression, StatusCode

from tests.support.compressed_call import call_compressed
from tests.support.fixtures import IN_SESSION
from tests.support.memory import peak_memory
from tests.support.otlp_client import (
    EXPORT,
    JSON,
    PROTOBUF,
    Refused,
    logs,
    otlp_grpc,
    otlp_http,
    response_of,
    status_of,
)
from tests.support.raw_http2 import connected
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.unfinished_messages import UnfinishedMessages
from tests.support.wire import delimited

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = IN_SESSION

MEBIBYTE = 1024 * 1024
BOMB_MEBIBYTES = 1024
"""Of zeros: one megabyte of gzip."""
MOST_OVER_IDLE = 320 * MEBIBYTE
MOST_OVER_FIRST = 32 * MEBIBYTE
MANY_CALLS = 16
MOST_OVER_IDLE_OF_MANY = 512 * MEBIBYTE


def _zlib_bomb(window_bits: int) -> bytes:
    compressor = zlib.compressobj(wbits=window_bits)
    begin = compressor.compress(bytes(MEBIBYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    # What follows a full flush looks back on nothing: compressed once, it may be repeated.
    middle = compressor.compress(bytes(MEBIBYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return begin + middle * (BOMB_MEBIBYTES - 1) + compressor.flush()


def _zstd_bomb() -> bytes:
    return zstd.compress(bytes(16 * MEBIBYTE)) * (BOMB_MEBIBYTES // 16)


BOMBS = {
    "gzip": _zlib_bomb(zlib.MAX_WBITS + 16),
    "deflate": _zlib_bomb(zlib.MAX_WBITS),
    "zstd": _zstd_bomb(),
}
Throw = Callable[[], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def bridge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A bridge alone, which has to be well in the end."""
    async with serving(tmp_path_factory.mktemp("bombs"), doors="otlp") as running:
        await _require_well(running)
        yield running
        await _require_well(running)
        await running.stop()


async def _require_well(bridge: Service) -> None:
    async with otlp_grpc(bridge.otlp_grpc_port, BOOTSTRAP_KEY) as over_grpc:
        assert await over_grpc.export(logs("well")) == b""
    async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as over_http:
        response_of(await over_http.post(logs("well").SerializeToString()))


async def _throw_ten(bridge: Service, throw: Throw) -> None:
    idle = bridge.process.memory_info().rss
    peaks = []
    for _ in range(10):
        async with peak_memory(bridge.process) as peak:
            await throw()
        peaks.append(peak.bytes)
    assert peaks[0] - idle < MOST_OVER_IDLE
    assert max(peaks) - idle < MOST_OVER_IDLE
    assert peaks[-1] < peaks[0] + MOST_OVER_FIRST
    print([round((peak - idle) / MEBIBYTE) for peak in peaks], end=" ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_over_grpc(bridge: Service, encoding: str) -> None:
    async def throw() -> None:
        code = await call_compressed(bridge.otlp_grpc_port, EXPORT, BOOTSTRAP_KEY, BOMBS[encoding], encoding)
        assert code is StatusCode.RESOURCE_EXHAUSTED

    await _throw_ten(bridge, throw)


async def test_many_large_messages_of_one_key_are_inflated_a_few_at_a_time(bridge: Service) -> None:
    packed = gzip.compress(logs("x" * (60 * MEBIBYTE)).SerializeToString())
    idle = bridge.process.memory_info().rss
    async with peak_memory(bridge.process) as peak:
        codes = await asyncio.gather(
            *(call_compressed(bridge.otlp_grpc_port, EXPORT, BOOTSTRAP_KEY, packed) for _ in range(MANY_CALLS))
        )
    # Some are read, and their record is too large; there is no room for the bytes of two.
    assert StatusCode.OK in codes
    assert set(codes) <= {StatusCode.OK, StatusCode.UNAVAILABLE}
    assert peak.bytes - idle < MOST_OVER_IDLE_OF_MANY
    print(round((peak.bytes - idle) / MEBIBYTE), end=" ")


async def test_of_messages_that_never_end_a_few_are_read_at_a_time(bridge: Service) -> None:
    idle = bridge.process.memory_info().rss
    async with connected(bridge.otlp_grpc_port, timeout_seconds=30) as connection, peak_memory(bridge.process) as peak:
        await UnfinishedMessages(connection, EXPORT, BOOTSTRAP_KEY, streams=MANY_CALLS, size=32 * MEBIBYTE).send()
    print(round((peak.bytes - idle) / MEBIBYTE), end=" ")
    assert peak.bytes - idle < 5 * 32 * MEBIBYTE


async def test_many_calls_of_one_connection_all_succeed_though_few_are_read_at_a_time(bridge: Service) -> None:
    # Larger than what gRPC takes of a message that nobody reads yet.
    request = logs("x" * 300_000)
    async with otlp_grpc(bridge.otlp_grpc_port, BOOTSTRAP_KEY) as over_grpc:
        calls = (over_grpc.export(request, compression=coding) for coding in (None, Compression.Gzip) * 8)
        assert await asyncio.gather(*calls) == [b""] * 16


@pytest.mark.parametrize("encoding", BOMBS)
async def test_a_bomb_over_http(bridge: Service, encoding: str) -> None:
    async def throw() -> None:
        async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as otlp:
            answer = await otlp.post(BOMBS[encoding], Content_Encoding=encoding)
        assert (answer.status, answer.fields["content-type"]) == (413, PROTOBUF)
        status_of(answer)

    await _throw_ten(bridge, throw)


@pytest.mark.parametrize("door", ["grpc", "http"])
async def test_a_large_request_that_cannot_be_decoded_is_not_kept(bridge: Service, door: str) -> None:
    data = b"\x0a" + b"\xff" * (32 * MEBIBYTE)

    async def throw() -> None:
        if door == "grpc":
            async with otlp_grpc(bridge.otlp_grpc_port, BOOTSTRAP_KEY) as over_grpc:
                assert isinstance(await over_grpc.export(data), Refused)
        else:
            async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as over_http:
                assert (await over_http.post(data)).status == 400

    await _throw_ten(bridge, throw)


async def test_a_bomb_for_whoever_has_no_key(bridge: Service) -> None:
    idle = bridge.process.memory_info().rss
    async with peak_memory(bridge.process) as peak:
        async with otlp_http(bridge.otlp_http_port, "none") as otlp:
            assert (await otlp.post(BOMBS["gzip"], JSON, Content_Encoding="gzip")).status == 401
        code = await call_compressed(bridge.otlp_grpc_port, EXPORT, "none", BOMBS["gzip"])
    assert code is StatusCode.UNAUTHENTICATED
    # Nothing of it was inflated.
    assert peak.bytes - idle < MOST_OVER_FIRST


@pytest.mark.parametrize("door", ["grpc", "http"])
async def test_millions_of_empty_messages_are_refused_as_cheaply(bridge: Service, door: str) -> None:
    records = logs().SerializeToString() + delimited(1, delimited(2, b"\x12\x00" * (16 * MEBIBYTE)))

    async def throw() -> None:
        if door == "grpc":
            async with otlp_grpc(bridge.otlp_grpc_port, BOOTSTRAP_KEY) as over_grpc:
                refused = await over_grpc.export(records)
            assert isinstance(refused, Refused)
            assert (refused.code, refused.reason, refused.delays) == (
                StatusCode.RESOURCE_EXHAUSTED,
                "TOO_MANY_EVENTS",
                [],
            )
        else:
            async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as over_http:
                assert (await over_http.post(zlib.compress(records), Content_Encoding="deflate")).status == 413

    await _throw_ten(bridge, throw)


async def test_a_resource_that_is_kept_with_each_of_many_records_has_its_limit(bridge: Service) -> None:
    made = logs(*(["hello"] * 2_000))
    made.resource_logs[0].resource.attributes.add(key="large").value.string_value = "x" * 200_000
    async with otlp_http(bridge.otlp_http_port, BOOTSTRAP_KEY) as otlp:
        assert (await otlp.post(made.SerializeToString())).status == 413
