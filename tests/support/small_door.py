"""A small HTTP door over `server.transport.http`: it reads bodies and says what it read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256

import msgspec
from sanic import HTTPResponse, Request

from server.core.budget import ByteBudget
from server.core.errors import MethodNotAllowed, TrackingError
from server.transport.http.app import new_app
from server.transport.http.body import read_body
from server.transport.http.deadlines import Deadlines
from server.transport.http.faults import fault_of
from server.transport.http.serving import HttpServer

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
LIMIT_BYTES = 5 * MEBIBYTE

_STATUS = {
    "INVALID_JSON": 400,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "OVERLOADED": 503,
}


class SmallDoor:
    """What a test needs to know of the door it talks to."""

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES, budget_bytes: int = 64 * MEBIBYTE) -> None:
        self.budget = ByteBudget(budget_bytes)
        self.limit_bytes = limit_bytes
        self.media_types: tuple[str, ...] | None = None
        self.failures: list[Exception] = []
        self.may_answer = asyncio.Event()
        self.waiting = asyncio.Event()
        self.port = 0
        self.app = new_app("small-door", on_error=self._on_error)
        # Sanic marks a streaming handler, and a bound method cannot be marked.
        self.app.add_route(partial(self._echo), "/echo", methods=["POST", "PUT"], stream=True, name="echo")
        self.app.add_route(partial(self._ignore), "/ignore", methods=["POST"], stream=True, name="ignore")
        self.app.add_route(self._hello, "/hello", methods=["GET", "HEAD"])
        self.app.add_route(self._fields, "/fields", methods=["GET"])
        self.app.add_route(self._nothing, "/nothing", methods=["GET"])
        self.app.add_route(self._pieces, "/pieces", methods=["GET"])
        self.app.add_route(self._wait, "/wait", methods=["GET"])
        self.app.add_route(self._large, "/large", methods=["GET"])
        self.app.add_route(self._broken, "/broken", methods=["GET"])

    async def _echo(self, request: Request) -> HTTPResponse:
        with self.budget.lease() as lease:
            body = await read_body(request, lease, limit_bytes=self.limit_bytes, media_types=self.media_types)
        return _json(200, {"size": len(body), "digest": sha256(body).hexdigest()})

    async def _ignore(self, _: Request) -> HTTPResponse:
        return _json(401, {"error": "no key"})

    async def _hello(self, _: Request) -> HTTPResponse:
        return _json(200, {"hello": "world"})

    async def _fields(self, request: Request) -> HTTPResponse:
        return HTTPResponse(b"x", headers={"X-Value": request.args.get("value")}, content_type="text/plain")

    async def _nothing(self, _: Request) -> HTTPResponse:
        return HTTPResponse(status=204)

    async def _pieces(self, request: Request) -> None:
        response = await request.respond(content_type="text/plain")
        for piece in ("one", "two"):
            await response.send(piece)
        await response.eof()

    async def _wait(self, _: Request) -> HTTPResponse:
        self.waiting.set()
        await self.may_answer.wait()
        return _json(200, {"waited": True})

    async def _large(self, _: Request) -> HTTPResponse:
        return HTTPResponse(bytes(32 * MEBIBYTE), content_type="application/octet-stream")

    async def _broken(self, _: Request) -> HTTPResponse:
        raise LookupError("a bug")

    def _on_error(self, _: Request, exception: Exception) -> HTTPResponse:
        self.failures.append(exception)
        error, status = fault_of(exception)
        answer = _json(status or _STATUS.get(error.code, 500), {"error": _as_dict(error)})
        if isinstance(error, MethodNotAllowed):
            answer.headers["Allow"] = ", ".join(error.allowed)
        return answer


def _json(status: int, content: object) -> HTTPResponse:
    return HTTPResponse(msgspec.json.encode(content), status, content_type="application/json")


def _as_dict(error: TrackingError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "description": error.description}


@asynccontextmanager
async def serving(door: SmallDoor, *, deadlines: Deadlines | None = None) -> AsyncIterator[HttpServer]:
    """Serve a door on a free port of this machine."""
    sock = socket.create_server(("127.0.0.1", 0))
    door.port = sock.getsockname()[1]
    server = await HttpServer.start(door.app, sock, deadlines=deadlines)
    try:
        yield server
    finally:
        door.may_answer.set()
        await server.drain(timeout_seconds=5)
