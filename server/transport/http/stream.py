"""The requests of one connection: what Sanic's HTTP/1.1 is too lax about, or too slow at."""

import re
from typing import TYPE_CHECKING, Any

from sanic.exceptions import BadRequest
from sanic.headers import format_http1_response
from sanic.http import Http, Stage
from sanic.http.http1 import HTTP_CONTINUE

if TYPE_CHECKING:
    from sanic.response import BaseHTTPResponse

    from server.transport.http.protocol import TrackingHttpProtocol

_CHUNK_HEAD = re.compile(rb"\r\n[0-9A-Fa-f]{1,16}(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_WITHOUT_BODY = (204, 304)
_MAX_CHUNK_HEAD_BYTES = 64
# What an answered request may still send on a connection that stays open.
_MAX_UNREAD_BYTES = 256 * 1024


class TrackingStream(Http):
    """Sanic's request and response cycle with strict chunks and a bounded end of bodies that nobody reads."""

    __slots__ = ()

    protocol: "TrackingHttpProtocol"
    recv_buffer: bytearray
    request_body: Any  # None, True or "chunked"; Sanic's annotation says bytes
    request_bytes: int | None
    request_bytes_left: int | None

    def __init__(self, protocol: "TrackingHttpProtocol") -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]  # so is Sanic, here and below
        self.init_for_request()

    def init_for_request(self) -> None:
        """Begin a request."""
        super().init_for_request()  # type: ignore[no-untyped-call]
        self.protocol.too_slow = False

    @property
    def arrived_bytes(self) -> int:
        """How much of the body the handler has been given."""
        return (self.request_bytes or 0) - (self.request_bytes_left or 0)

    def take_body(self) -> bytes | None:
        """The whole body, if all of it has arrived and it is not chunked."""
        left, buffer = self.request_bytes_left or 0, self.recv_buffer
        if self.request_body is not True or len(buffer) < left:
            return None
        body = bytes(buffer[:left])
        del buffer[:left]
        self._end_body()
        return body

    async def read(self) -> bytes | None:
        """Some bytes of the body, None at its end; raises BadRequest for framing that could be read in two ways."""
        if self.request_body == "chunked" and not self.request_bytes_left:
            await self._check_chunk_head()
        return await super().read()

    async def _check_chunk_head(self) -> None:
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        buffer = self.recv_buffer
        while _CHUNK_HEAD.match(buffer) is None:
            if buffer.find(b"\r\n", 2) != -1 or len(buffer) > _MAX_CHUNK_HEAD_BYTES:
                self.keep_alive = False
                raise BadRequest("Bad chunked encoding")
            await self._receive_more()

    async def error_response(self, exception: Exception) -> None:
        """Answer a failure; behind a head that was not understood nothing more is read."""
        if self.stage is not Stage.HANDLER:
            self.protocol.linger_on_close()
        await super().error_response(exception)

    def create_empty_request(self) -> None:
        """Stand in for a request that was not understood; its address may be why, so it is not parsed again."""
        self.url = None
        super().create_empty_request()

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:  # noqa: FBT001 (Sanic's signature)
        """Send the head of an answer, and with it the body where that is known."""
        if self.protocol.watch.draining:
            self.keep_alive = False
        if self.request_body:
            self._leave_body()
        response: BaseHTTPResponse = self.response
        body = data or response.body
        streamed = data and not end_stream
        if streamed or not body or self.head_only or response.status in _WITHOUT_BODY:
            await super().http1_response_header(data, end_stream)
            return
        self.response_func: Any = None
        self.response_size = len(body)
        await self._send(self._format(response, body))
        self.stage = Stage.IDLE

    def _format(self, response: "BaseHTTPResponse", body: bytes) -> bytes:
        headers: Any = response.headers
        headers["content-length"] = len(body)
        headers["connection"] = "keep-alive" if self.keep_alive else "close"
        headers.setdefault("content-type", response.content_type)
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        text = "".join(lines)
        if text.count("\n") == text.count("\r") == len(lines) and "\0" not in text and text.isascii():
            return format_http1_response(response.status, ())[:-2] + text.encode() + b"\r\n" + body
        return format_http1_response(response.status, response.processed_headers) + body

    def _leave_body(self) -> None:
        """The answer begins and the handler has not read the body: let go of it, and see if the connection can stay."""
        if self.take_body() is None and not self._unread_body_is_small():
            self.keep_alive = False
            self._end_body()
            self.protocol.linger_on_close()

    def _unread_body_is_small(self) -> bool:
        return (
            self.request_body is True
            and (self.request_bytes_left or 0) <= _MAX_UNREAD_BYTES
            and self.keep_alive
            and not self.expecting_continue
            and not self.protocol.too_slow
            # Behind a success Sanic would log an error for each body that was not read.
            and self.response.status >= 300
        )

    def _end_body(self) -> None:
        self.request_body = None
        self.request_bytes_left = 0
        self.expecting_continue = False
