"""Under an ASGI server heads and deadlines are that server's, bodies and answers are still ours."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tests.support.small_door import LIMIT_BYTES, SmallDoor

Message = dict[str, Any]


class AsgiServer:
    """Speaks the server's side of ASGI to one application."""

    def __init__(self, door: SmallDoor) -> None:
        self.door = door
        self.received: list[Message] = []

    async def lifespan(self) -> None:
        """Start the application."""
        await self._call({"type": "lifespan", "asgi": {"version": "3.0"}}, [{"type": "lifespan.startup"}])

    async def ask(self, fields: dict[str, str], *messages: Message) -> tuple[int, dict[str, str], Any]:
        """Send a request in messages; status, fields and JSON of the answer."""
        headers = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        path = {"path": "/echo", "raw_path": b"/echo", "query_string": b""}
        scope = {"type": "http", "http_version": "1.1", "method": "POST", "headers": headers, **path}
        start, *bodies = await self._call(scope, list(messages))
        received = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], received, msgspec.json.decode(b"".join(body["body"] for body in bodies))

    async def _call(self, scope: Message, messages: list[Message]) -> list[Message]:
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop(0) if messages else {"type": "lifespan.shutdown"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.door.app(scope, receive, send)
        return sent


@pytest.fixture
async def server() -> AsyncIterator[AsgiServer]:
    asgi_server = AsgiServer(SmallDoor())
    await asgi_server.lifespan()
    yield asgi_server
    assert asgi_server.door.budget.used == 0


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_pieces_is_read(server: AsgiServer) -> None:
    status, _, content = await server.ask({}, piece(b"ab", more=True), piece(b"", more=True), piece(b"c"))
    assert (status, content["size"]) == (200, 3)


async def test_a_compressed_body_is_inflated(server: AsgiServer) -> None:
    body = gzip.compress(b"a" * 1000)
    fields = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    status, _, content = await server.ask(fields, piece(body[:10], more=True), piece(body[10:]))
    assert (status, content["size"]) == (200, 1000)


async def test_the_limit_holds_by_length_and_by_pieces(server: AsgiServer) -> None:
    assert (await server.ask({"Content-Length": str(LIMIT_BYTES + 1)}))[0] == 413
    pieces = [piece(bytes(LIMIT_BYTES), more=True), piece(b"x", more=True)]
    assert (await server.ask({}, *pieces))[0] == 413


async def test_a_client_that_went_away_is_not_the_end_of_its_body(server: AsgiServer) -> None:
    status, _, _ = await server.ask({}, piece(b"abc", more=True), {"type": "http.disconnect"})
    assert status == 400


async def test_an_answer_to_a_page_can_be_read_by_it(server: AsgiServer) -> None:
    _, fields, _ = await server.ask({"Origin": "https://shop.example"}, piece(b""))
    assert fields["Access-Control-Allow-Origin"] == "https://shop.example"
