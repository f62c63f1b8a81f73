"""The one bounded reader of request bodies, for `stream=True` routes."""

from asyncio import sleep
from collections.abc import Collection
from typing import Any, cast

from sanic import Request
from sanic.asgi import ASGIApp
from sanic.exceptions import BadRequest

from server.core.budget import Lease
from server.core.errors import TooLarge, UnsupportedMediaType
from server.transport.http.inflate import Inflater
from server.transport.http.stream import TrackingStream

_TURN_BYTES = 512 * 1024
# What handling a piece costs, however small it is, in bytes that are copied or inflated in the same time.
_PIECE_COST_BYTES = 4096


async def read_body(
    request: Request, lease: Lease, *, limit_bytes: int, media_types: Collection[str] | None = None
) -> bytes:
    """Read a request's body, inflated, in this order: declared size, media type, encoding, then the bytes.

    Never holds more than `limit_bytes` of it, and every byte that arrived or was inflated stands on `lease`, which
    the caller gives back. `media_types` None accepts every one. Raises TooLarge, UnsupportedMediaType, Overloaded,
    InvalidJson (cannot be inflated), and Sanic's BadRequest for broken chunks or a body that took too long (408).
    A body that was refused is not read on: the connection closes behind the answer.
    """
    if _declared_bytes(request) > limit_bytes:
        raise _too_large(limit_bytes)
    if media_types is not None and media_type(request) not in media_types:
        raise UnsupportedMediaType(f"Send Content-Type: {' or '.join(sorted(media_types))}.")
    stream = request.stream
    coding = request.headers.get("content-encoding")
    if coding is not None and (coding := coding.strip().lower()) not in ("", "identity"):
        return await _read_inflated(stream, lease, limit_bytes, Inflater(coding))
    if isinstance(stream, TrackingStream) and (body := stream.take_body()) is not None:
        lease.grow(len(body))
        return body
    return await _read_plain(stream, lease, limit_bytes)


def media_type(request: Request) -> str:
    """The media type of Content-Type in lower case, without parameters; "" without the field."""
    field: str = request.headers.get("content-type", "")
    return field.partition(";")[0].strip().lower()


async def _read_plain(stream: Any, lease: Lease, limit_bytes: int) -> bytes:
    body = _Collector(lease, limit_bytes)
    while (piece := await _next_piece(stream)) is not None:
        body.add(piece)
        if body.has_had_its_turn():
            await sleep(0)
    return body.collected()


async def _read_inflated(stream: Any, lease: Lease, limit_bytes: int, inflater: Inflater) -> bytes:
    body = _Collector(lease, limit_bytes)
    while (piece := await _next_piece(stream)) is not None:
        body.count_compressed(piece)
        for block in inflater.blocks(piece):
            body.add(block)
            if body.has_had_its_turn():
                await sleep(0)
    inflater.finish()
    return body.collected()


async def _next_piece(stream: Any) -> bytes | None:
    """What arrives next of a body, None at its end."""
    if not isinstance(stream, ASGIApp):
        return cast("bytes | None", await stream.read())
    if not stream.request_body:
        return None
    # Sanic's own reader takes a client that went away for the end of its body.
    message = await stream.transport.receive()
    if message["type"] == "http.disconnect":
        raise BadRequest("The client went away before the end of the body.")
    stream.request_body = message.get("more_body", False)
    return cast(bytes, message.get("body", b""))


class _Collector:
    """Collects one body within its limit, and holds it on the request's lease."""

    __slots__ = ("_body", "_compressed", "_lease", "_limit", "_turn")

    def __init__(self, lease: Lease, limit_bytes: int) -> None:
        # Not a list of pieces: a million chunks of two bytes are many times their size as objects.
        self._body = bytearray()
        self._compressed = self._turn = 0
        self._lease = lease
        self._limit = limit_bytes

    def count_compressed(self, piece: bytes) -> None:
        self._compressed += len(piece)
        if self._compressed > self._limit:
            raise _too_large(self._limit)
        self._lease.grow(len(piece))

    def add(self, piece: bytes) -> None:
        if len(self._body) + len(piece) > self._limit:
            raise _too_large(self._limit)
        self._lease.grow(len(piece))
        self._body += piece
        self._turn += _PIECE_COST_BYTES + len(piece)

    def has_had_its_turn(self) -> bool:
        """Small chunks and large blocks are read without waiting: now and then others have to come in between."""
        if self._turn < _TURN_BYTES:
            return False
        self._turn = 0
        return True

    def collected(self) -> bytes:
        return bytes(self._body)


def _declared_bytes(request: Request) -> int:
    """Content-Length; 0 without one, or where an ASGI server let nonsense pass."""
    field: str = request.headers.get("content-length", "")
    try:
        return int(field or 0)
    except ValueError:
        return 0


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(f"The body has more than the {limit_bytes} bytes that are accepted here.")
