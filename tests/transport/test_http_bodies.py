"""Bodies: every byte arrives, no byte beyond the limit does, and the budget comes back whatever happens."""

import asyncio
from collections.abc import Callable
from hashlib import sha256

import pytest

from server.core.errors import Overloaded
from tests.support.raw_http import Answer, RawConnection, chunked, connected, request
from tests.support.small_door import LIMIT_BYTES, MEBIBYTE, SmallDoor, serving
from tests.support.waiting import until

HELLO = request("GET", "/hello")


def post(body: bytes, **fields: str) -> bytes:
    return request("POST", "/echo", fields, body)


def post_chunked(body: bytes) -> bytes:
    return request("POST", "/echo", {"Transfer-Encoding": "chunked"}) + body


async def assert_next_request_succeeds(door: SmallDoor) -> None:
    async with connected(door.port, timeout_seconds=1) as connection:
        assert (await connection.ask(HELLO)).status == 200
    assert door.budget.used == 0


def assert_echoed(answer: Answer, body: bytes) -> None:
    assert answer.status == 200
    assert answer.json == {"size": len(body), "digest": sha256(body).hexdigest()}


@pytest.mark.parametrize("size", [0, 1, 131, 64 * 1024, 300_000, LIMIT_BYTES])
@pytest.mark.parametrize("frame", [post, lambda body: post_chunked(chunked(body))], ids=["length", "chunks"])
async def test_a_body_up_to_the_limit_arrives(door: SmallDoor, frame: Callable[[bytes], bytes], size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    data = frame(body) if size else request("POST", "/echo", body=b"")
    async with connected(door.port) as connection:
        assert_echoed(await connection.ask(data), body)
        assert_echoed(await connection.ask(data), body)
    assert door.budget.used == 0


async def test_requests_sent_at_once_are_answered_in_order(door: SmallDoor) -> None:
    bodies = [b"a" * size for size in (1, 0, 70_000, 3)]
    async with connected(door.port) as connection:
        await connection.send(b"".join(post(body) for body in bodies) + post_chunked(chunked(b"x", b"yz")) + HELLO)
        for body in bodies:
            assert_echoed(await connection.answer(), body)
        assert_echoed(await connection.answer(), b"xyz")
        assert (await connection.answer()).json == {"hello": "world"}


async def test_a_body_that_arrives_byte_by_byte_is_read(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        for byte in post_chunked(b"2;name=value\r\nab\r\n1\r\nc\r\n0\r\n\r\n"):
            await connection.send(bytes([byte]))
            await asyncio.sleep(0)
        assert_echoed(await connection.answer(), b"abc")


async def test_a_declared_size_over_the_limit_is_refused_without_reading(door: SmallDoor) -> None:
    head = request("POST", "/echo", {"Content-Length": str(LIMIT_BYTES + 1)})
    async with connected(door.port) as connection:
        answer = await connection.ask(head)
        assert answer.status == 413
        assert answer.json["error"]["code"] == "REQUEST_TOO_LARGE"
        assert answer.fields["connection"] == "close"
        assert await connection.closed() == b""
    await assert_next_request_succeeds(door)


async def test_a_number_that_is_absurd_is_only_too_large(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        assert (await connection.ask(request("POST", "/echo", {"Content-Length": "9" * 18}))).status == 413
    async with connected(door.port) as connection:
        assert (await connection.ask(request("POST", "/echo", {"Content-Length": "9" * 4000}))).status == 413
    async with connected(door.port) as connection:
        assert (await connection.ask(request("POST", "/echo", {"Content-Length": "9" * 5000}))).status == 400


async def test_chunks_over_the_limit_are_refused_as_they_arrive(door: SmallDoor) -> None:
    piece = b"100000\r\n" + bytes(MEBIBYTE) + b"\r\n"
    async with connected(door.port) as connection:
        await connection.send(post_chunked(piece * 5 + b"1\r\nx\r\n"))
        assert (await connection.answer()).status == 413
        assert await connection.closed() == b""
    await assert_next_request_succeeds(door)


@pytest.mark.parametrize("frame", [post, lambda body: post_chunked(chunked(body))], ids=["length", "chunks"])
async def test_a_client_that_sends_6_mb_before_it_reads_gets_its_413(
    door: SmallDoor, frame: Callable[[bytes], bytes]
) -> None:
    async with connected(door.port) as connection:
        await connection.send(frame(bytes(6_000_000)))
        assert (await connection.answer()).status == 413
        assert await connection.closed() == b""
    await assert_next_request_succeeds(door)


async def test_a_client_that_never_stops_sending_is_cut_off(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        await connection.send(request("POST", "/echo", {"Content-Length": str(10**12)}))
        assert (await connection.answer()).status == 413
        await connection.cut_off(sending=bytes(MEBIBYTE), every_seconds=0)
    await assert_next_request_succeeds(door)


async def test_a_refused_expectation_is_answered_without_asking_for_the_body(door: SmallDoor) -> None:
    too_large = {"Content-Length": str(LIMIT_BYTES + 1), "Expect": "100-continue"}
    async with connected(door.port) as connection:
        assert (await connection.ask(request("POST", "/echo", too_large))).status == 413
        assert await connection.closed() == b""
    async with connected(door.port) as connection:
        unread = {"Content-Length": "10", "Expect": "100-continue"}
        assert (await connection.ask(request("POST", "/ignore", unread))).status == 401
        assert await connection.closed() == b""


@pytest.mark.parametrize(
    "framing", [{"Content-Length": "3"}, {"Transfer-Encoding": "chunked"}], ids=["length", "chunks"]
)
async def test_an_expected_continue_is_sent_once_the_body_is_wanted(door: SmallDoor, framing: dict[str, str]) -> None:
    async with connected(door.port) as connection:
        wanted = await connection.ask(request("POST", "/echo", {**framing, "Expect": "100-continue"}))
        assert wanted.status == 100
        body = b"abc" if "Content-Length" in framing else chunked(b"abc")
        assert_echoed(await connection.ask(body), b"abc")


async def test_another_expectation_is_refused(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        assert (await connection.ask(post(b"abc", Expect="200-ok"))).status == 417


async def test_an_unread_body_does_not_cost_the_connection(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        for size in (0, 131, 200_000):
            assert (await connection.ask(request("POST", "/ignore", body=bytes(size)))).status == 401
        assert (await connection.ask(HELLO)).status == 200


async def test_a_large_unread_body_ends_the_connection_behind_the_answer(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        answer = await connection.ask(request("POST", "/ignore", body=bytes(4 * MEBIBYTE)))
        assert answer.status == 401
        assert answer.fields["connection"] == "close"
        assert await connection.closed() == b""
    await assert_next_request_succeeds(door)


async def test_a_body_on_a_route_that_has_none_is_passed_over(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        assert (await connection.ask(request("GET", "/hello", body=b"abc"))).status == 200
        assert (await connection.ask(request("POST", "/nowhere", body=b"abc"))).status == 404
        assert (await connection.ask(HELLO)).status == 200


async def test_the_declared_size_comes_before_the_media_type_and_that_before_the_encoding(door: SmallDoor) -> None:
    door.media_types = ("application/json",)
    too_large = str(LIMIT_BYTES + 1)

    async def refusal(**fields: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        async with connected(door.port) as connection:
            return await connection.ask(request("POST", "/echo", names, b"{}"))

    everything = await refusal(Content_Length=too_large, Content_Type="text/csv", Content_Encoding="br")
    assert everything.status == 413
    media_type = await refusal(Content_Type="text/csv", Content_Encoding="br")
    assert media_type.status == 415
    assert "application/json" in media_type.json["error"]["description"]
    encoding = await refusal(Content_Type="Application/JSON; charset=utf-8", Content_Encoding="br")
    assert encoding.status == 415
    assert "gzip" in encoding.json["error"]["description"]
    assert (await refusal()).status == 415
    assert (await refusal(Content_Type="application/json")).status == 200


@pytest.mark.parametrize("frame", [post, post_chunked], ids=["length", "chunks"])
async def test_a_client_that_goes_away_gives_back_what_it_held(
    door: SmallDoor, frame: Callable[[bytes], bytes]
) -> None:
    whole = frame(b"100000\r\n" + bytes(MEBIBYTE))
    async with connected(door.port) as connection:
        await connection.send(whole[:600_000])
        await until(lambda: door.budget.used > 0)
        connection.hang_up()
    await until(lambda: door.budget.used == 0)
    assert door.failures == []
    await assert_next_request_succeeds(door)


async def _held_up(door: SmallDoor, connection: RawConnection, size: int) -> None:
    before = door.budget.used
    await connection.send(post(bytes(size))[:-1])
    await until(lambda: door.budget.used > before)


async def test_what_does_not_fit_beside_the_bodies_of_others_is_refused_at_once() -> None:
    door = SmallDoor(budget_bytes=2 * MEBIBYTE)
    async with serving(door), connected(door.port) as slow, connected(door.port) as quick:
        await _held_up(door, slow, 1_500_000)
        await until(lambda: door.budget.used >= 1_000_000)
        assert (await quick.ask(post(bytes(1_500_000)))).status == 503
        assert isinstance(door.failures[-1], Overloaded)
        assert_echoed(await slow.ask(b"\0"), bytes(1_500_000))
        await until(lambda: door.budget.used == 0)


async def test_a_body_larger_than_the_whole_budget_is_read_when_nothing_else_is() -> None:
    door = SmallDoor(budget_bytes=MEBIBYTE)
    async with serving(door), connected(door.port) as connection:
        assert_echoed(await connection.ask(post(bytes(3 * MEBIBYTE))), bytes(3 * MEBIBYTE))
        assert door.budget.used == 0
