"""Promise 9: hostile HTTP is harmless. After each case the real service answers a normal request within a second."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic

import pytest
import pytest_asyncio

from tests.support.fixtures import IN_SESSION
from tests.support.memory import peak_memory
from tests.support.raw_http import RawConnection, chunked, connected, request
from tests.support.rest_client import API, JSON, rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_MEBIBYTE = 1024 * 1024
_KEY = {"Authorization": f"Bearer {BOOTSTRAP_KEY}", "Content-Type": JSON}
_LOG = f"{API}/log"
_EVENT = b'{"message": "one of many"}'
_SMUGGLED = request("POST", _LOG, _KEY, b'{"message": "smuggled"}')


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hasty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A service for this module whose clients have half a second."""
    async with serving(tmp_path_factory.mktemp("hostile"), head_seconds=0.5, body_seconds=0.5) as service:
        yield service
        await service.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def door(hasty: Service) -> AsyncIterator[Service]:
    """The service, which has to be well after each test."""
    yield hasty
    begin = monotonic()
    async with rest_client(hasty) as client:
        answer = await client.post("/log", {"message": "I am well"})
    assert answer.status == 200, answer.body
    assert monotonic() - begin < 1


def _head(*lines: str) -> bytes:
    start = (f"POST {_LOG} HTTP/1.1", "Host: test", f"Authorization: Bearer {BOOTSTRAP_KEY}", f"Content-Type: {JSON}")
    return "\r\n".join((*start, *lines, "", "")).encode()


_DEEP = b'{"message": "deep", "attributes": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001
_BODIES = {
    "not_json": (b"not json", 400),
    "empty": (b"", 400),
    "depth_10000": (_DEEP, 400),
    "bad_utf8": (b'{"message": "\xff"}', 400),
    "lone_surrogate": (b'{"message": "\\ud800"}', 400),
    "nan": (b'{"message": "a", "attributes": {"n": NaN}}', 400),
    "1e400": (b'{"message": "a", "attributes": {"n": 1e400}}', 400),
    "nul": (b'{"message": "a", "attributes": {"\\u0000": "\\u0000"}}', 200),
    "two_to_the_64": (b'{"message": "a", "attributes": {"n": 18446744073709551616}}', 200),
    "a_million_digits": (b'{"message": "a", "attributes": {"n": ' + b"9" * 1_000_000 + b"}}", 200),
    "300000_keys": (b'{"message": "a", "attributes": {%b}}' % b",".join(b'"%d":0' % n for n in range(300_000)), 413),
    "6_mb": (b'{"message": "%b"}' % (b"x" * 6 * _MEBIBYTE), 413),
    "an_array": (b"[]", 422),
    "wrong_types": (b'{"message": ["a"], "level": {}}', 422),
}


@pytest.mark.parametrize("name", _BODIES)
async def test_a_hostile_body_gets_its_status(door: Service, name: str) -> None:
    body, status = _BODIES[name]
    async with connected(door.http_port) as connection:
        assert (await connection.ask(request("POST", _LOG, _KEY, body))).status == status


@pytest.mark.parametrize("fill", [b"0", b" "])
async def test_a_bomb_is_refused(door: Service, fill: bytes) -> None:
    bomb = gzip.compress(fill * 100 * _MEBIBYTE, compresslevel=1)
    async with peak_memory(door.process) as peak, connected(door.http_port) as connection:
        before = door.process.memory_info().rss
        fields = {**_KEY, "Content-Encoding": "gzip"}
        assert (await connection.ask(request("POST", _LOG, fields, bomb))).status == 413
    assert peak.bytes - before < 50 * _MEBIBYTE


@pytest.mark.parametrize(
    "data",
    [
        _head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + _SMUGGLED,
        _head("Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n" + _SMUGGLED,
        _head("Content-Length: 5", "Content-Length: 6") + b"hello" + _SMUGGLED,
        _head("Content-Length: 5, 5") + b"hello" + _SMUGGLED,
        _head("Content-Length : 5") + b"hello" + _SMUGGLED,
        _head("Content-Length: +5") + b"hello" + _SMUGGLED,
        _head("Content-Length: 0x5") + b"hello" + _SMUGGLED,
        _head("Content-Length: -1") + _SMUGGLED,
        _head("Transfer-Encoding: identity, chunked") + b"0\r\n\r\n" + _SMUGGLED,
        _head("Transfer-Encoding: xchunked") + b"0\r\n\r\n" + _SMUGGLED,
        _head("Transfer-Encoding:\x0bchunked") + b"0\r\n\r\n" + _SMUGGLED,
        _head("X: a", " Content-Length: 5") + b"hello" + _SMUGGLED,
        _head("X: a\nContent-Length: 5") + b"hello" + _SMUGGLED,
        _head("X: a\rContent-Length: 5") + b"hello" + _SMUGGLED,
        _head("Host: other", "Content-Length: 0") + _SMUGGLED,
        _head("Transfer-Encoding: chunked") + b"5 \r\nhello\r\n0\r\n\r\n" + _SMUGGLED,
        _head("Transfer-Encoding: chunked") + b"5\nhello\n0\n\n" + _SMUGGLED,
        _head("Transfer-Encoding: chunked") + b"ffffffffffffffff0\r\n" + _SMUGGLED,
    ],
)
async def test_a_smuggled_request_is_never_answered(door: Service, data: bytes) -> None:
    async with connected(door.http_port) as connection:
        await connection.send(data)
        answers = await connection.closed()
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert len(re.findall(rb"HTTP/1\.1 \d{3} ", answers)) == 1
    async with rest_client(door) as client:
        assert "smuggled" not in {entry["message"] for entry in (await client.entries())}


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"\x00" * 1000,
        b"\xff" * 20_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n",
        b"\r\n" * 10_000,
    ],
)
async def test_what_is_no_request_is_refused_and_closed(door: Service, data: bytes) -> None:
    async with connected(door.http_port) as connection:
        await connection.send(data)
        answer = await connection.closed()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


async def _slow_head(connection: RawConnection) -> None:
    for byte in _head("Content-Length: 0"):
        await connection.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def _slow_body(connection: RawConnection) -> None:
    await connection.send(_head("Content-Length: 1000"))
    for _ in range(1000):
        await connection.send(b" ")
        await asyncio.sleep(0.05)


async def _slow_chunks(connection: RawConnection) -> None:
    await connection.send(_head("Transfer-Encoding: chunked"))
    for _ in range(1000):
        await connection.send(b"1\r\n \r\n")
        await asyncio.sleep(0.05)


async def _stalled_body(connection: RawConnection) -> None:
    await connection.send(_head("Content-Length: 1000") + b'{"message"')
    await asyncio.sleep(60)


@pytest.mark.parametrize("dawdle", [_slow_head, _slow_body, _slow_chunks, _stalled_body])
async def test_whoever_dawdles_is_sent_away(door: Service, dawdle: Callable[[RawConnection], Awaitable[None]]) -> None:
    async with connected(door.http_port) as connection:
        dawdling = asyncio.ensure_future(dawdle(connection))
        try:
            answer = await connection.closed()
        finally:
            dawdling.cancel()
            await asyncio.gather(dawdling, return_exceptions=True)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_500_who_dawdle_at_once_do_not_hold_up_others(door: Service) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", door.http_port) for _ in range(500)]
    for number, (_, writer) in enumerate(connections):
        writer.write(_head("Content-Length: 100")[: 40 if number % 2 else None])
    async with rest_client(door) as client:
        begin = monotonic()
        assert (await client.post("/log", {"message": "in between"})).status == 200
        assert monotonic() - begin < 1
        await eventually(lambda: _nothing_held(door))
    for reader, writer in connections:
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_100_continue_is_said_once_the_body_is_wanted(door: Service) -> None:
    async with connected(door.http_port) as connection:
        fields = {**_KEY, "Expect": "100-continue", "Content-Length": str(len(_EVENT))}
        assert (await connection.ask(request("POST", _LOG, fields))).status == 100
        assert (await connection.ask(_EVENT)).status == 200


async def test_pipelined_requests_are_answered_in_order(door: Service) -> None:
    requests = [request("POST", _LOG, _KEY, b'{"message": "%d"}' % n) for n in range(50)]
    async with connected(door.http_port) as connection:
        await connection.send(b"".join(requests))
        ids = [(await connection.answer()).fields["tracking-entry-id"] for _ in requests]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    "cut",
    [
        request("POST", _LOG, _KEY, _EVENT)[:20],
        request("POST", _LOG, _KEY, _EVENT)[:-5],
        request("POST", _LOG, _KEY, _EVENT),
        request("POST", _LOG, {**_KEY, "Transfer-Encoding": "chunked"}) + chunked(_EVENT)[:-5],
        request("GET", f"{API}/entries", _KEY),
    ],
)
async def test_clients_that_go_away_in_the_middle_leave_nothing_behind(door: Service, cut: bytes) -> None:
    for _ in range(20):
        async with connected(door.http_port) as connection:
            await connection.send(cut)
            connection.hang_up()
    await eventually(lambda: _nothing_held(door))


async def test_a_client_that_closes_its_half_is_let_go(door: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.http_port)
    writer.write(request("POST", _LOG, _KEY, _EVENT))
    writer.write_eof()
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_never_reads_costs_neither_memory_nor_others_their_time(door: Service) -> None:
    async with rest_client(door) as client:
        lines = [{"message": "x" * 10_000} for _ in range(100)]
        assert (await client.post("/log/batch", lines)).status == 200
    page = request("GET", f"{API}/entries?pageSize=100", _KEY)
    async with peak_memory(door.process) as peak, connected(door.http_port) as connection:
        before = door.process.memory_info().rss
        await connection.send(page * 500)
        async with rest_client(door) as client:
            for _ in range(20):
                begin = monotonic()
                assert (await client.post("/log", {"message": "meanwhile"})).status == 200
                assert monotonic() - begin < 1
        connection.hang_up()
    assert peak.bytes - before < 50 * _MEBIBYTE


async def _nothing_held(service: Service) -> bool:
    async with rest_client(service) as client:
        return await client.metric("tracking_queue_bytes") == 0
