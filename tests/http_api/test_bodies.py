"""Whatever a body holds, it is answered in clear words, and the next request is answered as if nothing had been."""

import gzip
import time
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from backports import zstd

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.rest_door import batch_of, failure_of
from tests.support.results import Failure, find, keep

pytestmark = IN_SESSION

MEBIBYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def the_next_request_succeeds(client: Client) -> AsyncIterator[None]:
    """After every test here: a good event is kept within a second."""
    yield
    begin = time.monotonic()
    await keep(client.rest, {"message": "the next one"})
    assert time.monotonic() - begin < 1


NOT_JSON: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n",
    "text": b"hello",
    "half an object": b'{"message": "x"',
    "something behind it": b'{"message": "x"} {}',
    "two values": b'{"message": "x"}{"message": "y"}',
    "trailing comma": b'{"message": "x",}',
    "single quotes": b"{'message': 'x'}",
    "comment": b'{"message": "x" /* a */}',
    "bad UTF-8": b'{"message": "\xff"}',
    "overlong UTF-8": b'{"message": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"message": "\xed\xa0\x80"}',
    "bad UTF-8 in a key": b'{"message": "x", "\xff": 1}',
    "lone surrogate": b'{"message": "\\ud800"}',
    "lone low surrogate": b'{"message": "x", "a": "\\udc00"}',
    "lone surrogate in a key": b'{"message": "x", "\\ud800": 1}',
    "lone surrogate beside a huge integer": b'{"message": "\\ud800", "a": ' + b"9" * 5000 + b"}",
    "NaN": b'{"message": "x", "a": NaN}',
    "Infinity": b'{"message": "x", "a": -Infinity}',
    "NaN beside a huge integer": b'{"a": ' + b"9" * 5000 + b', "b": NaN, "message": "x"}',
    "1e400": b'{"message": "x", "a": 1e400}',
    "1e400 beside a huge integer": b'{"a": ' + b"9" * 5000 + b', "b": 1e400, "message": "x"}',
    "leading zero": b'{"message": "x", "a": 01}',
    "hexadecimal": b'{"message": "x", "a": 0x1}',
    "control character in text": b'{"message": "x\ny"}',
    "byte order mark": b'\xef\xbb\xbf{"message": "x"}',
    "UTF-16": '{"message": "x"}'.encode("utf-16"),
    "513 levels of lists": b'{"message": "x", "a": ' + b"[" * 512 + b"]" * 512 + b"}",
    "513 levels of objects": b'{"message": "x", "a": ' + b'{"a":' * 512 + b"1" + b"}" * 512 + b"}",
    "10,000 levels of lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 open lists": b"[" * 10_000,
    "a million open objects": b'{"a":' * 1_000_000,
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
async def test_what_is_not_json_is_400(client: Client, body: bytes) -> None:
    answer = await client.rest.request("POST", "/log", content=body, headers=JSON)
    assert answer.status_code == 400
    assert failure_of(answer) == Failure("INVALID_JSON")
    assert await find(client.rest) == []


@pytest.mark.parametrize("body", [b"[]", b'[{"message": "x"}]', b'"text"', b"5", b"true", b"null"])
async def test_json_that_is_no_object_is_422(client: Client, body: bytes) -> None:
    answer = await client.rest.request("POST", "/log", content=body, headers=JSON)
    assert answer.status_code == 422
    assert failure_of(answer) == Failure("INVALID_BODY")


FINE: dict[str, bytes] = {
    "white space around it": b' \r\n\t{"message": "x"}\n',
    "512 levels of lists": b'{"message": "x", "a": ' + b"[" * 511 + b"]" * 511 + b"}",
    "512 levels of objects": b'{"message": "x", "a": ' + b'{"a":' * 510 + b"{}" + b"}" * 510 + b"}",
    "1,000 brackets in text": b'{"message": "' + b"[" * 1000 + b'"}',
    "1,000 brackets beside one another": b'{"message": "x", "a": [' + b"[]," * 1000 + b"[]]}",
    "a pair of surrogates": b'{"message": "\\ud83c\\udf89"}',
    "escapes": b'{"\\u006dessage": "\\u0000\\/\\b\\f"}',
    "an integer of 5,000 digits": b'{"message": "x", "a": ' + b"9" * 5000 + b"}",
    "a fraction of 5,000 digits": b'{"message": "x", "a": 0.' + b"1" * 5000 + b"}",
    "a small fraction": b'{"message": "x", "a": 1e-400}',
    "minus zero": b'{"message": "x", "a": -0}',
    "20,000 keys": b'{"message": "x", ' + b", ".join(b'"k%d": 1' % number for number in range(20_000)) + b"}",
    "a parameter in its type": b'{"message": "x"}',
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
async def test_what_is_unusual_but_json_is_kept(client: Client, body: bytes) -> None:
    headers = {"Content-Type": "Application/JSON ; charset=UTF-8"}
    answer = await client.rest.request("POST", "/log", content=body, headers=headers)
    assert answer.status_code == 200
    assert len(await find(client.rest)) == 1


COSTLY: dict[str, bytes] = {
    "a million lists": b'{"message": "x", "a": [' + b"[]," * 1_700_000 + b"[]]}",
    "a million integers beside a NUL in a key": b'{"message": "x", "\\u0000": 1, "a": [' + b"1," * 2_500_000 + b"1]}",
    "deep lists beside one another": b'{"message": "x", "a": [' + (b"[" * 400 + b"]" * 400 + b",") * 2000 + b"1]}",
    "an integer of megabytes": b'{"message": "x", "a": ' + b"9" * 5_000_000 + b"}",
    "escapes": b'{"message": "x", "a": "' + rb"\"" * 2_500_000 + b'"}',
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY.keys())
async def test_what_is_costly_to_read_is_refused_for_its_size(client: Client, body: bytes) -> None:
    answer = await client.rest.request("POST", "/log", content=body, headers=JSON)
    assert failure_of(answer) == Failure("EVENT_TOO_LARGE")


def raw_deflate(body: bytes) -> bytes:
    """Deflate without zlib's head."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip in capitals": ("GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd.compress),
    "identity": ("identity", bytes),
}


@pytest.mark.parametrize(("coding", "pack"), CODINGS.values(), ids=CODINGS.keys())
async def test_a_compressed_body_is_read(client: Client, coding: str, pack: Callable[[bytes], bytes]) -> None:
    headers = {**JSON, "Content-Encoding": coding}
    answer = await client.rest.request("POST", "/log", content=pack(b'{"message": "packed"}'), headers=headers)
    assert answer.status_code == 200
    body = pack(b"[" + b",".join([b'{"message": "packed"}'] * 2000) + b"]")
    answer = await client.rest.request("POST", "/log/batch", content=body, headers=headers)
    assert batch_of(answer.json()).outcomes["stored"] == 2000
    lines = pack(b'{"message": "packed"}\n' * 10)
    headers["Content-Type"] = "application/x-ndjson"
    answer = await client.rest.request("POST", "/log/batch", content=lines, headers=headers)
    assert batch_of(answer.json()).outcomes["stored"] == 10


@pytest.mark.parametrize(("coding", "pack"), [CODINGS["gzip"], CODINGS["deflate"], CODINGS["zstd"]])
@pytest.mark.parametrize("path", ["/log", "/log/batch"])
async def test_limits_hold_after_inflation(
    client: Client, path: str, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(b" " * 100 * MEBIBYTE)
    assert len(bomb) < MEBIBYTE
    headers = {**JSON, "Content-Encoding": coding}
    answer = await client.rest.request("POST", path, content=bomb, headers=headers)
    assert answer.status_code == 413
    assert failure_of(answer) == Failure("REQUEST_TOO_LARGE")
    assert client.service.core.services.budget.used == 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\x1f\x8b", gzip.compress(b"{}", mtime=0)[:-1], zstd.compress(b"{}")[:-2]]
)
async def test_what_cannot_be_inflated_is_400(client: Client, coding: str, body: bytes) -> None:
    answer = await client.rest.request("POST", "/log", content=body, headers={**JSON, "Content-Encoding": coding})
    assert answer.status_code == 400
    assert failure_of(answer) == Failure("INVALID_JSON")


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, gzip", "*", "aws-chunked"])
async def test_another_encoding_is_415(client: Client, coding: str) -> None:
    answer = await client.rest.request("POST", "/log", content=b"{}", headers={**JSON, "Content-Encoding": coding})
    assert answer.status_code == 415
    assert failure_of(answer) == Failure("UNSUPPORTED_MEDIA_TYPE")


async def _chunks(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b" " * 65_536


@pytest.mark.parametrize("path", ["/log", "/log/batch", "/keys"])
async def test_a_body_of_6_mb_is_413_whether_its_length_is_told_or_not(client: Client, path: str) -> None:
    told = await client.rest.request("POST", path, content=b" " * 6_000_000, headers=JSON)
    in_chunks = await client.rest.request("POST", path, content=_chunks(92), headers=JSON)
    for answer in (told, in_chunks):
        assert answer.status_code == 413
        assert failure_of(answer) == Failure("REQUEST_TOO_LARGE")


async def test_a_body_of_5_mib_is_read_to_its_last_byte(client: Client) -> None:
    events = b",".join(b'{"message": "%s"}' % (b"x" * MEBIBYTE) for _ in range(4))
    body = b"[" + events + b' ,{"message": "the last"}'
    body = body.ljust(5 * MEBIBYTE - 1) + b"]"
    answer = await client.rest.request("POST", "/log/batch", content=body, headers=JSON)
    assert answer.status_code == 200
    assert batch_of(answer.json()).outcomes["stored"] == 5
    answer = await client.rest.request("POST", "/log/batch", content=body + b" ", headers=JSON)
    assert answer.status_code == 413


MEDIA_TYPES = ["", "text/plain", "text/html", "application/x-www-form-urlencoded", "application/jsonp", "json", "*/*"]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("path", ["/log", "/log/batch", "/keys"])
async def test_another_media_type_is_415(client: Client, path: str, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await client.rest.request("POST", path, content=b'{"message": "x"}', headers=headers)
    assert answer.status_code == 415
    assert failure_of(answer) == Failure("UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/ndjson", "application/jsonlines"])
async def test_lines_are_for_batches_alone(client: Client, media_type: str) -> None:
    for path, status in (("/log", 415), ("/log/batch", 200)):
        answer = await client.rest.request(
            "POST", path, content=b'{"message": "x"}', headers={"Content-Type": f"{media_type}; charset=utf-8"}
        )
        assert answer.status_code == status
