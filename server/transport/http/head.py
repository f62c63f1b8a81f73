"""Strict request heads: what two servers on the way could read in two ways is refused (RFC 9112)."""

import re
from typing import Any

from sanic import Request
from sanic.compat import Header
from sanic.exceptions import BadRequest
from sanic.models.protocol_types import TransportProtocol
from sanic.response import BaseHTTPResponse

from server.transport.http.cors import add_cors

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_HEAD = re.compile(
    _TOKEN + rb" [\x21-\x7e]++ HTTP/1\.[01]"
    # No space before the colon, no folded line, no bare CR, LF or NUL.
    rb"(?:\r\n" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*+)*+"
)


def check_head(head: bytes, headers: Header, version: str) -> None:
    """Raise BadRequest unless the head (without its empty line) can be read in one way only.

    Two fields that frame the body (Content-Length, Transfer-Encoding) have been refused by Sanic before.
    """
    if _HEAD.fullmatch(head) is None:
        raise BadRequest("The request head is not valid HTTP/1.1.")
    hosts = len(headers.getall("host", ()))
    if hosts != 1 and (hosts or version == "1.1"):
        raise BadRequest("An HTTP/1.1 request has exactly one Host field.")
    length = headers.get("content-length")
    if length is not None:
        if not (length.isascii() and length.rstrip(" \t").isdigit()):
            raise BadRequest("Content-Length must be a decimal number.")
    elif (coding := headers.get("transfer-encoding")) is not None and (coding != "chunked" or version == "1.0"):
        raise BadRequest("The only Transfer-Encoding of a request is 'chunked', in HTTP/1.1.")


class StrictRequest(Request):
    """A request whose head was checked, and whose answers can be read by pages of other origins.

    Sanic gives the head only where it parsed it itself: not under ASGI, and not for the stand-in of a request
    that was never understood.
    """

    __slots__ = ()

    def __init__(  # noqa: PLR0917 (Sanic's signature)
        self,
        url_bytes: bytes,
        headers: Header,
        version: str,
        method: str,
        transport: TransportProtocol,
        app: Any,
        head: bytes = b"",
    ) -> None:
        if head:
            check_head(head, headers, version)
        super().__init__(url_bytes, headers, version, method, transport, app, head)

    async def respond(self, response: BaseHTTPResponse | None = None, **rest: Any) -> BaseHTTPResponse:
        """Connect an answer to this request: every one passes here, errors too."""
        connected: BaseHTTPResponse = await super().respond(response, **rest)
        add_cors(self, connected)
        return connected
