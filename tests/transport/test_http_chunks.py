"""Chunks that two servers on the way could read in two ways are refused."""

import pytest

from tests.support.raw_http import connected, request
from tests.support.small_door import SmallDoor

HELLO = request("GET", "/hello")
POST = request("POST", "/echo", {"Transfer-Encoding": "chunked"})
SMUGGLED = b"GET /broken HTTP/1.1\r\nHost: test\r\n\r\n"

AMBIGUOUS = {
    "no CRLF behind the data": b"3\r\nabc0\r\n\r\n",
    "two other bytes behind the data": b"3\r\nabcXX0\r\n\r\n",
    "LF behind the data": b"3\r\nabc\n0\r\n\r\n",
    "data longer than its size": b"3\r\nabcde\r\n0\r\n\r\n",
    "0x before the size": b"0x3\r\nabc\r\n0\r\n\r\n",
    "sign before the size": b"+3\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "underscore in the size": b"0_3\r\nabc\r\n0\r\n\r\n",
    "space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "space behind the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "empty size": b"\r\nabc\r\n0\r\n\r\n",
    "size of 17 digits": b"00000000000000003\r\nabc\r\n0\r\n\r\n",
    "size in Arabic digits": "\u0663\r\nabc\r\n0\r\n\r\n".encode(),
    "size in full-width digits": "\uff13\r\nabc\r\n0\r\n\r\n".encode(),
    "size that is no number": b"xyz\r\nabc\r\n0\r\n\r\n",
    "LF behind the size": b"3\nabc\r\n0\r\n\r\n",
    "LF in an extension": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "CR in an extension": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "NUL in an extension": b"3;\0\r\nabc\r\n0\r\n\r\n",
    "endless extension": b"3;" + b"a" * 10_000,
    "trailer": b"3\r\nabc\r\n0\r\nHost: other\r\n\r\n",
    "LF at the end": b"3\r\nabc\r\n0\r\n\n",
    "several zeros with a sign": b"3\r\nabc\r\n-0\r\n\r\n",
}


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_ambiguous_chunks_are_refused_and_nothing_behind_them_is_read(door: SmallDoor, body: bytes) -> None:
    async with connected(door.port) as connection:
        refused = await connection.ask(POST + body + SMUGGLED)
        assert refused.status == 400
        assert refused.json["error"]["code"] == "INVALID_BODY"
        assert await connection.closed() == b""
    async with connected(door.port) as connection:
        assert (await connection.ask(HELLO)).status == 200
    assert not any(isinstance(failure, LookupError) for failure in door.failures)
    assert door.budget.used == 0


FINE = {
    "size in capitals": b"A\r\n0123456789\r\n0\r\n\r\n",
    "leading zeros": b"0000000A\r\n0123456789\r\n000\r\n\r\n",
    "extensions": b'a;name="value";x\r\n0123456789\r\n0;last\r\n\r\n',
    "space before an extension": b"a \t;x\r\n0123456789\r\n0\r\n\r\n",
    "several": b"1\r\n0\r\n9\r\n123456789\r\n0\r\n\r\n",
    "data that looks like an end": b"1\r\n0\r\n4\r\n\r\n\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
async def test_clear_chunks_are_read_and_the_next_request_too(door: SmallDoor, body: bytes) -> None:
    async with connected(door.port) as connection:
        answer = await connection.ask(POST + body + HELLO)
        assert (answer.status, answer.json["size"]) == (200, 10)
        assert (await connection.answer()).json == {"hello": "world"}
