"""Deadlines are total: a byte now and then extends none of them, and the socket really closes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from server.transport.http.deadlines import Deadlines
from tests.support.raw_http import RawConnection, chunked, connected, request
from tests.support.small_door import MEBIBYTE, SmallDoor
from tests.support.waiting import until

HELLO = request("GET", "/hello")


@asynccontextmanager
async def trickling(connection: RawConnection, byte: bytes) -> AsyncIterator[None]:
    """Send a byte every 20 ms, as long as the connection takes them."""
    task = asyncio.create_task(connection.cut_off(sending=byte))
    try:
        yield
    finally:
        task.cancel()


async def assert_all_is_well(door: SmallDoor) -> None:
    async with connected(door.port, timeout_seconds=1) as connection:
        assert (await connection.ask(HELLO)).status == 200
    assert door.budget.used == 0


async def test_a_head_that_trickles_is_answered_with_408_and_closed(hasty_door: SmallDoor) -> None:
    begin = monotonic()
    async with connected(hasty_door.port) as connection:
        await connection.send(b"GET /hello HTTP/1.1\r\nHost: test\r\nX: ")
        async with trickling(connection, b"a"):
            answer = await connection.answer()
            assert 0.4 <= monotonic() - begin < 2
            assert (answer.status, answer.json["error"]["code"]) == (408, "INVALID_BODY")
            assert answer.fields["connection"] == "close"
            await connection.closed()
    await assert_all_is_well(hasty_door)


async def test_the_head_of_a_second_request_has_its_own_deadline(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port) as connection:
        for _ in range(3):
            await connection.send(HELLO[:10])
            await asyncio.sleep(0.2)
            assert (await connection.ask(HELLO[10:])).status == 200
        await connection.send(HELLO[:10])
        assert (await connection.answer()).status == 408


async def test_a_connection_that_never_says_a_word_is_closed_without_one(hasty_door: SmallDoor) -> None:
    begin = monotonic()
    async with connected(hasty_door.port) as connection:
        assert await connection.closed() == b""
        assert 0.4 <= monotonic() - begin < 10


async def test_an_idle_connection_is_closed_later(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port) as connection:
        await connection.ask(HELLO)
        begin = monotonic()
        assert await connection.closed() == b""
        assert 0.7 <= monotonic() - begin < 2


@pytest.mark.parametrize("framing", [{"Content-Length": "1000"}, {"Transfer-Encoding": "chunked"}])
async def test_a_body_that_stalls_is_answered_with_408_and_closed(
    hasty_door: SmallDoor, framing: dict[str, str]
) -> None:
    begin = monotonic()
    async with connected(hasty_door.port) as connection:
        answer = await connection.ask(request("POST", "/echo", framing) + b"3e8\r\n")
        assert 0.4 <= monotonic() - begin < 2
        assert (answer.status, answer.json["error"]["code"]) == (408, "INVALID_BODY")
        assert await connection.closed() == b""
    await assert_all_is_well(hasty_door)


@pytest.mark.parametrize("piece", [b"a", b"1\r\na\r\n"], ids=["length", "chunks"])
async def test_a_body_that_trickles_is_answered_with_408_and_closed(hasty_door: SmallDoor, piece: bytes) -> None:
    framing = {"Content-Length": "100000"} if piece == b"a" else {"Transfer-Encoding": "chunked"}
    begin = monotonic()
    async with connected(hasty_door.port) as connection:
        await connection.send(request("POST", "/echo", framing))
        async with trickling(connection, piece):
            assert (await connection.answer()).status == 408
            assert 0.4 <= monotonic() - begin < 2
            await connection.closed()
    await assert_all_is_well(hasty_door)


async def test_a_declared_size_that_never_comes_buys_no_time(hasty_door: SmallDoor) -> None:
    begin = monotonic()
    async with connected(hasty_door.port) as connection:
        head = request("POST", "/echo", {"Transfer-Encoding": "chunked"})
        assert (await connection.ask(head + b"ffffffffffffff\r\nabc")).status == 408
        assert monotonic() - begin < 2


async def test_what_arrives_of_a_large_body_gives_it_more_time() -> None:
    deadlines = Deadlines(body_seconds=30, body_seconds_per_mebibyte=1)
    assert deadlines.for_body(0) == 30
    assert deadlines.for_body(5 * MEBIBYTE) == 35


async def test_the_rest_of_a_refused_body_that_stalls_does_not_keep_the_socket(hasty_door: SmallDoor) -> None:
    for declared in (1000, 4 * MEBIBYTE):
        async with connected(hasty_door.port) as connection:
            await connection.send(request("POST", "/ignore", {"Content-Length": str(declared)}))
            assert (await connection.answer()).status == 401
            assert await connection.closed() == b""
    await assert_all_is_well(hasty_door)


async def test_a_client_that_keeps_its_end_open_behind_a_refusal_is_cut_off(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port) as connection:
        await connection.ask(request("POST", "/echo", {"Content-Length": str(10**9)}))
        await connection.closed()
        await connection.cut_off(sending=b"a")


async def test_a_client_that_never_reads_its_answer_is_cut_off(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port) as connection:
        await connection.send(request("GET", "/large"))
        await connection.cut_off(sending=b"\r\n")
    await assert_all_is_well(hasty_door)


async def test_a_client_that_asks_again_and_again_and_never_reads_is_cut_off(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port, timeout_seconds=5) as connection:
        await connection.cut_off(sending=HELLO * 100, every_seconds=0)
    await assert_all_is_well(hasty_door)


async def test_a_slow_handler_is_no_slow_client(hasty_door: SmallDoor) -> None:
    async with connected(hasty_door.port) as connection:
        await connection.send(request("GET", "/wait"))
        await asyncio.sleep(1.2)
        hasty_door.may_answer.set()
        assert (await connection.answer()).status == 200


async def test_hundreds_of_slow_clients_are_all_sent_away_and_others_do_not_notice(hasty_door: SmallDoor) -> None:
    async def stall(start: bytes) -> bytes:
        async with connected(hasty_door.port) as connection:
            await connection.send(start)
            return await connection.closed()

    starts = [b"", b"G", HELLO[:-2], request("POST", "/echo", {"Content-Length": "9"})]
    stalling = [asyncio.create_task(stall(start)) for start in starts * 50]
    async with connected(hasty_door.port, timeout_seconds=1) as connection:
        for _ in range(50):
            assert (await connection.ask(request("POST", "/echo", body=b"abc"))).status == 200
            await asyncio.sleep(0.01)
    await asyncio.gather(*stalling)
    assert hasty_door.budget.used == 0


async def test_a_body_in_time_is_read_however_it_is_cut(hasty_door: SmallDoor) -> None:
    data = request("POST", "/echo", {"Transfer-Encoding": "chunked"}) + chunked(b"a" * 20, b"b" * 20)
    async with connected(hasty_door.port) as connection:
        for place in range(0, len(data), 10):
            await connection.send(data[place : place + 10])
            await asyncio.sleep(0.005)
        assert (await connection.answer()).json["size"] == 40
    await until(lambda: hasty_door.budget.used == 0)
