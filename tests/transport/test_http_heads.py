"""Heads that two servers on the way could read in two ways are refused, and harm nobody."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sanic.compat import Header
from sanic.exceptions import BadRequest

from server.transport.http.head import check_head
from tests.support.raw_http import connected, request
from tests.support.small_door import SmallDoor

HELLO = request("GET", "/hello")
SMUGGLED = b"GET /broken HTTP/1.1\r\nHost: test\r\n\r\n"

AMBIGUOUS = {
    "space before the colon": b"Host: test\r\nContent-Length : 37\r\n",
    "tab before the colon": b"Host: test\r\nContent-Length\t: 37\r\n",
    "space before the name": b" Host: test\r\n",
    "no Host": b"Accept: */*\r\n",
    "two Hosts": b"Host: test\r\nHost: other\r\n",
    "two equal Hosts": b"Host: test\r\nhost: test\r\n",
    "folded line": b"Host: test\r\nX: a\r\n b\r\n",
    "folded Content-Length": b"Host: test\r\nContent-Length:\r\n 5\r\n",
    "bare LF in a value": b"Host: test\r\nX: a\nContent-Length: 5\r\n",
    "bare CR in a value": b"Host: test\r\nX: a\rContent-Length: 5\r\n",
    "NUL in a value": b"Host: test\r\nX: a\0b\r\n",
    "NUL in a name": b"Host: test\r\nX\0: a\r\n",
    "control character in a value": b"Host: test\r\nX: a\x0bb\r\n",
    "name that is no token": b"Host: test\r\nX(y): a\r\n",
    "name with a letter that is not ASCII": b"Host: test\r\nTransfer-Encodin\xc7\xa5: chunked\r\n",
    "empty name": b"Host: test\r\n: a\r\n",
    "line without a colon": b"Host: test\r\nContent-Length 5\r\n",
    "Content-Length and Transfer-Encoding": b"Host: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "two Content-Lengths": b"Host: test\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
    "two equal Content-Lengths": b"Host: test\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
    "list of Content-Lengths": b"Host: test\r\nContent-Length: 5, 5\r\n",
    "signed Content-Length": b"Host: test\r\nContent-Length: +5\r\n",
    "negative Content-Length": b"Host: test\r\nContent-Length: -5\r\n",
    "Content-Length with an underscore": b"Host: test\r\nContent-Length: 1_0\r\n",
    "hexadecimal Content-Length": b"Host: test\r\nContent-Length: 0x5\r\n",
    "Content-Length in Arabic digits": "Host: test\r\nContent-Length: \u0665\r\n".encode(),
    "empty Content-Length": b"Host: test\r\nContent-Length: \r\n",
    "two Transfer-Encodings": b"Host: test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "unknown Transfer-Encoding": b"Host: test\r\nTransfer-Encoding: xchunked\r\n",
    "list of Transfer-Encodings": b"Host: test\r\nTransfer-Encoding: gzip, chunked\r\n",
    "quoted Transfer-Encoding": b'Host: test\r\nTransfer-Encoding: "chunked"\r\n',
}


@pytest.mark.parametrize("fields", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_an_ambiguous_head_is_refused_and_nothing_behind_it_is_read(door: SmallDoor, fields: bytes) -> None:
    async with connected(door.port) as connection:
        refused = await connection.ask(b"POST /echo HTTP/1.1\r\n" + fields + b"\r\n" + SMUGGLED)
        assert refused.status == 400
        assert refused.json["error"]["code"] == "INVALID_BODY"
        assert refused.fields["connection"] == "close"
        assert await connection.closed() == b""
    async with connected(door.port) as connection:
        assert (await connection.ask(HELLO)).status == 200
    assert not any(isinstance(failure, LookupError) for failure in door.failures)


REQUEST_LINES = {
    "no version": b"GET /hello",
    "two spaces": b"GET  /hello HTTP/1.1",
    "tab": b"GET\t/hello\tHTTP/1.1",
    "method that is no token": b"GE(T /hello HTTP/1.1",
    "address that is not ASCII": "GET /hell\u00f6 HTTP/1.1".encode(),
    "control character in the address": b"GET /hel\x01lo HTTP/1.1",
    "address without a path": b"GET hello HTTP/1.1",
    "address with a port that is none": b"GET http://test:port/ HTTP/1.1",
    "HTTP/2 preface": b"PRI * HTTP/2.0",
    "HTTP/0.9": b"GET /hello HTTP/0.9",
    "version in lower case": b"GET /hello http/1.1",
    "empty line first": b"\r\nGET /hello HTTP/1.1",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00",
}


@pytest.mark.parametrize("line", REQUEST_LINES.values(), ids=REQUEST_LINES.keys())
async def test_a_broken_request_line_is_refused(door: SmallDoor, line: bytes) -> None:
    async with connected(door.port) as connection:
        refused = await connection.ask(line + b"\r\nHost: test\r\n\r\n")
        assert refused.status == 400
        assert await connection.closed() == b""
    async with connected(door.port) as connection:
        assert (await connection.ask(HELLO)).status == 200


FINE = {
    "plain": b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n",
    "names in any case": b"GET /hello HTTP/1.1\r\nhOST: test\r\nX-!#$%&'*+.^_`|~: 1\r\n\r\n",
    "no space behind the colon": b"GET /hello HTTP/1.1\r\nHost:test\r\n\r\n",
    "tabs and spaces around a value": b"GET /hello HTTP/1.1\r\nHost: \t test \t\r\nX:\r\n\r\n",
    "bytes beyond ASCII in a value": b"GET /hello HTTP/1.1\r\nHost: test\r\nX: \xff\xc3\xa9\r\n\r\n",
    "HTTP/1.0 without Host": b"GET /hello HTTP/1.0\r\n\r\n",
    "absolute address of another host": b"GET http://other/hello HTTP/1.1\r\nHost: test\r\n\r\n",
    "space behind Content-Length": b"GET /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 0 \r\n\r\n",
}


@pytest.mark.parametrize("head", FINE.values(), ids=FINE.keys())
async def test_an_unusual_but_clear_head_is_answered(door: SmallDoor, head: bytes) -> None:
    async with connected(door.port) as connection:
        assert (await connection.ask(head)).status == 200


async def test_an_endless_head_is_refused_before_it_is_complete(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        refused = await connection.ask(b"GET /hello HTTP/1.1\r\nX: " + b"a" * 20_000)
        assert refused.status == 413
        assert refused.json["error"]["code"] == "REQUEST_TOO_LARGE"
        assert await connection.closed() == b""


async def test_300_000_short_fields_are_refused(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        assert (await connection.ask(b"GET /hello HTTP/1.1\r\n" + b"a:b\r\n" * 300_000)).status == 413
    async with connected(door.port) as connection:
        assert (await connection.ask(HELLO)).status == 200


_NOISE = [b" ", b"\t", b"\r\n", b"\r", b"\n", b":", b": ", b"\0", b"\xff", b",", b"+", b"5", b"x", b"GET / HTTP/1.1"]
_FIELDS = [b"Host", b"Host: test", b"Content-Length", b"Transfer-Encoding", b"chunked"]
_PIECES = st.sampled_from([*_NOISE, *_FIELDS])


@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_what_is_accepted_reads_the_same_to_another_parser(tail: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nHost: test\r\n" + tail
    fields = _as_sanic_reads(head)
    try:
        check_head(head, Header(fields), "1.1")
    except BadRequest:
        return
    assert fields == _as_h11_reads(head)


def _as_sanic_reads(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode(errors="surrogateescape").split("\r\n")[1:]
    parts = (line.partition(":") for line in lines)
    return [(name.lower(), value.strip(" \t")) for name, _, value in parts]


def _as_h11_reads(head: bytes) -> list[tuple[str, str]]:
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(head + b"\r\n\r\n")
    event = parser.next_event()
    assert isinstance(event, h11.Request)
    return [(name.decode(), value.decode(errors="surrogateescape")) for name, value in event.headers]
