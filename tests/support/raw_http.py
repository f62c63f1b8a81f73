"""A client that sends exactly the bytes it is told to, and says exactly what came back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; the names of its fields are in lower case."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return msgspec.json.decode(self.body)


class RawConnection:
    """One TCP connection; every wait has an end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, timeout_seconds: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_seconds = timeout_seconds

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        async with asyncio.timeout(self._timeout_seconds):
            await self._writer.drain()

    async def answer(self, *, with_body: bool = True) -> Answer:
        """The next answer: its head, and as much of a body as its Content-Length says."""
        async with asyncio.timeout(self._timeout_seconds):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            status_line, *lines = head.rstrip("\r\n").split("\r\n")
            fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            size = int(fields.get("content-length", "0")) if with_body else 0
            body = await self._reader.readexactly(size)
        return Answer(int(status_line.split(" ")[1]), fields, body)

    async def ask(self, data: bytes) -> Answer:
        """Send a request and wait for its answer."""
        await self.send(data)
        return await self.answer()

    async def exactly(self, size: int) -> bytes:
        """The next bytes, as they are."""
        async with asyncio.timeout(self._timeout_seconds):
            return await self._reader.readexactly(size)

    async def closed(self) -> bytes:
        """Wait until the server has closed its side; what it sent until then."""
        async with asyncio.timeout(self._timeout_seconds):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def cut_off(self, *, sending: bytes, every_seconds: float = 0.02) -> None:
        """Send something again and again until the server breaks the connection."""
        async with asyncio.timeout(self._timeout_seconds):
            with suppress(ConnectionError):
                while True:
                    await self.send(sending)
                    await asyncio.sleep(every_seconds)

    def hang_up(self) -> None:
        """Go away in the middle of whatever is under way."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@asynccontextmanager
async def connected(port: int, *, timeout_seconds: float = 10.0) -> AsyncIterator[RawConnection]:
    """A connection to a server on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = RawConnection(reader, writer, timeout_seconds=timeout_seconds)
    try:
        yield connection
    finally:
        await connection.close()


def request(method: str, path: str, fields: Mapping[str, str] | None = None, body: bytes | None = None) -> bytes:
    """A well-formed request; Host and Content-Length are added."""
    lines = {"Host": "test", **(fields or {})}
    if body is not None:
        lines.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, its end included."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
