"""HTTP/2 frames as hostile clients send them: nothing here minds the protocol."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
ENHANCE_YOUR_CALM = 11

_METHOD_POST, _SCHEME_HTTP = b"\x83", b"\x86"
_AUTHORITY, _PATH, _AUTHORIZATION, _CONTENT_TYPE = b"\x01", b"\x04", b"\x0f\x08", b"\x0f\x10"


@dataclass(frozen=True)
class Frame:
    """A frame as it arrived."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error_code(self) -> int:
        """Of GOAWAY or RST_STREAM."""
        at = 4 if self.kind == GOAWAY else 0
        return int(struct.unpack_from(">I", self.payload, at)[0])


def frame(kind: int, *, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """One frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def call_headers(path: str, key: str = "", *, extra: bytes = b"") -> bytes:
    """The header block of a gRPC call, without compression; `extra` are fields made by `field`."""
    block = _METHOD_POST + _SCHEME_HTTP + _PATH + _text(path.encode()) + _AUTHORITY + _text(b"127.0.0.1")
    block += _CONTENT_TYPE + _text(b"application/grpc") + field(b"te", b"trailers")
    if key:
        block += _AUTHORIZATION + _text(f"Bearer {key}".encode())
    return block + extra


def field(name: bytes, value: bytes) -> bytes:
    """A header field that the table does not know."""
    return b"\x00" + _text(name) + _text(value)


def message(data: bytes, *, declared: int | None = None) -> bytes:
    """A gRPC message with its prefix; `declared` may claim another length."""
    return b"\x00" + struct.pack(">I", len(data) if declared is None else declared) + data


def _text(value: bytes) -> bytes:
    if len(value) < 127:
        return bytes([len(value)]) + value
    rest, length = len(value) - 127, b"\x7f"
    while rest >= 128:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + value


class RawHttp2:
    """A connection on which the preface and empty settings were sent; every wait has an end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_seconds = timeout_seconds

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, and let others have their turn; whoever has been cut off sends nothing."""
        await asyncio.sleep(0)
        if self._writer.is_closing():
            return
        self._writer.write(data)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._writer.drain()
        except OSError:
            return

    async def frames(self) -> AsyncIterator[Frame]:
        """What arrives, until the server closes."""
        async with asyncio.timeout(self._timeout_seconds):
            while True:
                try:
                    head = await self._reader.readexactly(9)
                    payload = await self._reader.readexactly(int.from_bytes(head[:3]))
                except (EOFError, OSError):
                    return
                yield Frame(head[3], head[4], int.from_bytes(head[5:]), payload)

    async def close(self) -> None:
        """Go away, whatever is under way."""
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int, *, timeout_seconds: float = 10.0) -> AsyncIterator[RawHttp2]:
    """A connection to a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = RawHttp2(reader, writer, timeout_seconds)
    try:
        await connection.send(PREFACE + frame(SETTINGS))
        yield connection
    finally:
        await connection.close()
