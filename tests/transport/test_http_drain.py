"""A server that stops answers what is under way, and nothing stays open."""

import asyncio
import socket
from time import monotonic

import pytest

from tests.support.raw_http import connected, request
from tests.support.small_door import SmallDoor, serving
from tests.support.waiting import until

HELLO = request("GET", "/hello")


async def test_a_request_under_way_is_answered_and_the_connection_closed() -> None:
    door = SmallDoor()
    async with serving(door) as server, connected(door.port) as connection:
        await connection.send(request("GET", "/wait"))
        await door.waiting.wait()
        draining = asyncio.create_task(server.drain(timeout_seconds=10))
        await until(lambda: _refuses(door.port))
        door.may_answer.set()
        answer = await connection.answer()
        assert (answer.status, answer.fields["connection"]) == (200, "close")
        assert await connection.closed() == b""
        assert await draining == 0
        assert server.open_connections == 0


async def test_a_body_that_is_still_arriving_is_answered() -> None:
    door = SmallDoor()
    data = request("POST", "/echo", body=bytes(100_000))
    async with serving(door) as server, connected(door.port) as connection:
        await connection.send(data[:50_000])
        await until(lambda: door.budget.used > 0)
        draining = asyncio.create_task(server.drain(timeout_seconds=10))
        await asyncio.sleep(0.4)
        assert (await connection.ask(data[50_000:])).status == 200
        assert await draining == 0


async def test_idle_connections_are_closed_soon() -> None:
    door = SmallDoor()
    async with serving(door) as server, connected(door.port) as used, connected(door.port) as fresh:
        await used.ask(HELLO)
        begin = monotonic()
        assert await server.drain(timeout_seconds=10) == 0
        assert monotonic() - begin < 2
        assert await used.closed() == b""
        assert await fresh.closed() == b""


async def test_busy_clients_lose_no_request() -> None:
    door = SmallDoor()
    at_work: set[int] = set()
    unanswered = 0

    async def work(number: int) -> None:
        nonlocal unanswered
        async with connected(door.port) as connection:
            answered = True
            while answered:
                unanswered += 1
                answer = await connection.ask(HELLO)
                unanswered -= 1
                at_work.add(number)
                answered = answer.fields["connection"] == "keep-alive"

    async with serving(door) as server:
        workers = [asyncio.create_task(work(number)) for number in range(32)]
        await until(lambda: len(at_work) == len(workers))
        assert await server.drain(timeout_seconds=10) == 0
        await asyncio.gather(*workers)
        assert unanswered == 0


async def test_what_takes_too_long_is_cut_off_and_counted() -> None:
    door = SmallDoor()
    async with serving(door) as server, connected(door.port) as connection:
        await connection.send(request("GET", "/wait"))
        await door.waiting.wait()
        assert await server.drain(timeout_seconds=0.1) == 1
        assert await connection.closed() == b""
        assert server.open_connections == 0


async def test_once_accepting_has_stopped_open_connections_go_on() -> None:
    door = SmallDoor()
    async with serving(door) as server, connected(door.port) as connection:
        await connection.ask(HELLO)
        server.stop_accepting()
        await until(lambda: _refuses(door.port))
        assert (await connection.ask(HELLO)).fields["connection"] == "keep-alive"


async def test_two_doors_serve_side_by_side_and_a_third_after_them() -> None:
    for _ in range(2):
        first, second = SmallDoor(), SmallDoor()
        async with serving(first), serving(second):
            for door in (first, second):
                async with connected(door.port) as connection:
                    answer = await connection.ask(HELLO)
                    assert answer.status == 200
                    assert "alt-svc" not in answer.fields


async def test_a_drained_server_refuses_connections() -> None:
    door = SmallDoor()
    async with serving(door):
        pass
    with pytest.raises(ConnectionRefusedError):
        async with connected(door.port):
            pass


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
