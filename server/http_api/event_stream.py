"""Answers that go on as long as the client likes: server-sent events, piece by piece, as fast as the client reads."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.services import Services
from server.http_api.door import Answer, refused
from server.transport.http.statuses import add_rate

logger = logging.getLogger("tracking.http")

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_TYPE = "text/event-stream; charset=utf-8"

Pieces = AsyncGenerator[bytes, None]
Opener = Callable[[Request], AbstractAsyncContextManager[Pieces]]


def handle_stream(services: Services, name: str, opened: Opener) -> Answer:
    """A route whose answer is a stream. What `opened` raises is an answer like any other; measured until the head."""
    observe = services.observations.answered

    async def answer(request: Request) -> HTTPResponse | None:
        begin = perf_counter()
        try:
            async with opened(request) as pieces:
                response: Any = await request.respond(headers=dict(_HEADERS), content_type=_TYPE)
                add_rate(services, request, response)
                observe("rest", name, str(response.status), perf_counter() - begin)
                await _send(request, response, pieces)
        except Exception as exception:
            if getattr(request.stream, "response", None) is not None:
                logger.exception("A stream ended unexpectedly.")
                return None
            failure = refused(services, request, exception)
            add_rate(services, request, failure)
            observe("rest", name, str(failure.status), perf_counter() - begin)
            return failure
        return None

    return answer


async def _send(request: Request, response: Any, pieces: Pieces) -> None:
    """Send the pieces, until they end or the client has gone."""
    sending = asyncio.ensure_future(_pump(response, pieces))
    watching = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((sending, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        sending.cancel()
        await asyncio.wait((sending, watching))
    if not sending.cancelled():
        sending.result()


async def _pump(response: Any, pieces: Pieces) -> None:
    async for piece in pieces:
        await response.send(piece)
    await response.eof()


async def _disconnected(request: Request) -> None:
    """Return once an ASGI server says that the client has gone; our own cancels the handler instead."""
    transport: Any = request.transport
    receive = getattr(transport, "receive", None)
    if receive is None:
        await asyncio.Event().wait()
        return
    while (await receive())["type"] != "http.disconnect":
        pass
