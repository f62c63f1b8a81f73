"""`GET entries/tail`: entries as they come, as server-sent events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from time import time_ns

import msgspec
from sanic.request import Request

from server.core.errors import TrackingError
from server.core.query import parse_filter
from server.core.services import Services
from server.core.tail import TailMessage
from server.core.tails import Messages
from server.http_api.answers import entry_body
from server.http_api.door import admit
from server.http_api.errors import error_body
from server.http_api.event_stream import Opener, Pieces
from server.http_api.parameters import parameters_of

_RETRY_MILLISECONDS = 1_000
"""When a browser comes back after its connection was lost."""
_POSITION = "lastEventId"
_encode = msgspec.json.Encoder().encode


class _LostBody(msgspec.Struct, omit_defaults=True):
    count: int | None = None


def tail_opener(services: Services) -> Opener:
    """`GET entries/tail`."""

    @asynccontextmanager
    async def opened(request: Request) -> AsyncIterator[Pieces]:
        key = await admit(services, request, "read")
        parameters = parameters_of(request)
        # A browser that comes back says it in the header; where that cannot be set, a parameter stands for it.
        positions = [request.headers.get("last-event-id", ""), *parameters.pop(_POSITION, ())]
        filters = parse_filter(parameters, time_ns())
        check = partial(admit, services, request, "read")
        after = next(filter(None, positions), None)
        async with services.tails.open(key, filters, after=after, check=check) as messages:
            yield _pieces(messages)

    return opened


async def _pieces(messages: Messages) -> Pieces:
    yield b"retry: %d\n\n" % _RETRY_MILLISECONDS
    try:
        async for some in messages:
            yield b"".join(map(_event, some))
    except TrackingError as error:
        # The last word: the head is long gone.
        yield b"event: end\ndata: %s\n\n" % _encode(error_body(error))


def _event(message: TailMessage) -> bytes:
    position = message.position.encode()
    if message.kind == "heartbeat":
        # Without data it is no event, but the browser remembers where it was.
        return b": heartbeat\nid: %s\n\n" % position
    data = _encode(_LostBody(message.lost) if message.entry is None else entry_body(message.entry))
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (position, message.kind.encode(), data)
