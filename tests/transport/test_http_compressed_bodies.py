"""Compressed bodies: inflated within the limit, in flat memory, or refused."""

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from tests.support.raw_http import Answer, connected, request
from tests.support.small_door import LIMIT_BYTES, MEBIBYTE, SmallDoor

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What a coding that stores adds still has to fit.
NEARLY_TOO_MUCH = bytes(LIMIT_BYTES - 1024)
TEXT = b"".join(b'{"message": "line %d"}\n' % number for number in range(20_000))


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "capitals": (" GZip ", gzip.compress),
    "gzip in members": (
        "gzip",
        lambda data: gzip.compress(data[:1000]) + gzip.compress(b"") + gzip.compress(data[1000:]),
    ),
    "gzip, stored": ("gzip", lambda data: gzip.compress(data, compresslevel=0)),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd.compress),
    "zstd in frames": ("zstd", lambda data: zstd.compress(data[:1000]) + zstd.compress(data[1000:])),
    "identity": ("identity", bytes),
    "empty": ("", bytes),
}
coded = pytest.mark.parametrize(("coding", "compress"), CODINGS.values(), ids=CODINGS.keys())


async def post(door: SmallDoor, coding: str, body: bytes) -> Answer:
    async with connected(door.port) as connection:
        return await connection.ask(request("POST", "/echo", {"Content-Encoding": coding}, body))


async def assert_next_request_succeeds(door: SmallDoor) -> None:
    async with connected(door.port, timeout_seconds=1) as connection:
        assert (await connection.ask(request("GET", "/hello"))).status == 200
    assert door.budget.used == 0


@coded
@pytest.mark.parametrize("data", [b"x", TEXT, NEARLY_TOO_MUCH], ids=["one byte", "text", "nearly too much"])
async def test_a_compressed_body_arrives_inflated(
    door: SmallDoor, coding: str, compress: Callable[[bytes], bytes], data: bytes
) -> None:
    answer = await post(door, coding, compress(data))
    assert (answer.status, answer.json["digest"]) == (200, sha256(data).hexdigest())
    assert door.budget.used == 0


@coded
async def test_the_limit_holds_after_inflation(
    door: SmallDoor, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    answer = await post(door, coding, compress(bytes(LIMIT_BYTES + 1)))
    assert answer.status == 413
    assert answer.json["error"]["code"] == "REQUEST_TOO_LARGE"
    await assert_next_request_succeeds(door)


def gzip_bomb() -> bytes:
    return gzip.compress(bytes(16 * MEBIBYTE)) * 64


def deflate_bomb() -> bytes:
    """One zlib stream: after a full flush the same compressed zeros may follow again and again."""
    compressor = zlib.compressobj()
    head = compressor.compress(b"") + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(16 * MEBIBYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return head + block * 64


def zstd_bomb() -> bytes:
    return zstd.compress(bytes(1024 * MEBIBYTE))


@contextmanager
def memory_grows_by_at_most(size: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield
        _, peak = tracemalloc.get_traced_memory()
        assert peak - before <= size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [("gzip", gzip_bomb), ("deflate", deflate_bomb), ("zstd", zstd_bomb)],
    ids=["gzip", "deflate", "zstd"],
)
async def test_a_bomb_of_a_gibibyte_is_refused_in_flat_memory(
    door: SmallDoor, coding: str, bomb: Callable[[], bytes]
) -> None:
    body = bomb()
    with memory_grows_by_at_most(3 * LIMIT_BYTES):
        assert (await post(door, coding, body)).status == 413
    await assert_next_request_succeeds(door)


async def test_a_zstd_frame_with_a_window_that_is_not_for_http_is_refused(door: SmallDoor) -> None:
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    compressor = zstd.ZstdCompressor(options=options)
    answer = await post(door, "zstd", compressor.compress(TEXT) + compressor.flush())
    assert (answer.status, answer.json["error"]["code"]) == (400, "INVALID_JSON")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "break_it",
    [
        lambda body: body[:-1],
        lambda body: body[: len(body) // 2],
        lambda body: body[:0],
        lambda body: body + b"garbage",
        lambda body: body + b"\0",
        lambda body: body[:40] + b"\xff\xff\xff\xff" + body[44:],
        lambda body: b"no compressed data" + body,
    ],
    ids=["last byte missing", "half of it", "empty", "garbage behind", "NUL behind", "corrupt", "not compressed"],
)
async def test_a_body_that_cannot_be_inflated_is_refused(
    door: SmallDoor, coding: str, break_it: Callable[[bytes], bytes]
) -> None:
    compress = CODINGS[coding][1]
    answer = await post(door, coding, break_it(compress(TEXT)))
    assert (answer.status, answer.json["error"]["code"]) == (400, "INVALID_JSON")
    assert "inflated" in answer.json["error"]["description"]
    await assert_next_request_succeeds(door)


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, gzip", "gzip;q=1", "aes128gcm", "\u00fc"])
async def test_an_unknown_coding_is_refused_before_the_body(door: SmallDoor, coding: str) -> None:
    async with connected(door.port) as connection:
        fields = {"Content-Encoding": coding, "Content-Length": "100", "Expect": "100-continue"}
        answer = await connection.ask(request("POST", "/echo", fields))
    assert (answer.status, answer.json["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_thousands_of_empty_members_do_not_hold_up_others(door: SmallDoor) -> None:
    async with connected(door.port) as busy, connected(door.port, timeout_seconds=1) as other:
        await busy.send(request("POST", "/echo", {"Content-Encoding": "gzip"}, gzip.compress(b"") * 50_000))
        assert (await other.ask(request("GET", "/hello"))).status == 200
        assert (await busy.answer()).json["size"] == 0
