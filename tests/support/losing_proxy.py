"""A way to a server on which replies get lost: the request was carried out, and the client never hears of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from urllib.parse import urlsplit

_HTTP2_HEAD_BYTES = 9
_HTTP2_HEADERS = 1
_MONGO_LENGTH_BYTES = 4
_ANY_BYTES = 65_536

Read = Callable[[asyncio.StreamReader], Awaitable[bytes]]
"""Reads the next message of a server."""


class LosingProxy:
    """Forwards whole messages, as `read` knows them; instead of a reply that `loses` names, the connection ends.

    `loses` is asked with the message and its number on the connection, from 1 on.
    """

    def __init__(self, host: str, port: int, read: Read, loses: Callable[[bytes, int], bool]) -> None:
        self.lost = 0
        self._address = host, port
        self._read = read
        self._loses = loses

    def heal(self) -> None:
        """From now on nothing gets lost."""
        self._loses = lambda *_: False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        up_reader, up_writer = await asyncio.open_connection(*self._address)
        forward = asyncio.create_task(_forward(reader, up_writer))
        try:
            with suppress(OSError, EOFError):
                await self._answer(up_reader, writer)
        finally:
            forward.cancel()
            await asyncio.gather(forward, return_exceptions=True)
            writer.close()
            up_writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        replies = 0
        while reply := await self._read(reader):
            replies += 1
            if self._loses(reply, replies):
                self.lost += 1
                return
            writer.write(reply)
            await writer.drain()


async def mongo_message(reader: asyncio.StreamReader) -> bytes:
    """A message of MongoDB's protocol."""
    head = await reader.readexactly(_MONGO_LENGTH_BYTES)
    return head + await reader.readexactly(int.from_bytes(head, "little") - _MONGO_LENGTH_BYTES)


async def http2_frame(reader: asyncio.StreamReader) -> bytes:
    """A frame of HTTP/2."""
    head = await reader.readexactly(_HTTP2_HEAD_BYTES)
    return head + await reader.readexactly(int.from_bytes(head[:3], "big"))


async def whatever_comes(reader: asyncio.StreamReader) -> bytes:
    """Enough for HTTP/1.1: a server begins to speak when it answers."""
    return await reader.read(_ANY_BYTES)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_ANY_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def losing_proxy(url: str, *, lost_share: float, seed: int) -> AsyncIterator[tuple[LosingProxy, str]]:
    """A proxy before the one member of a replica set, and the URL of the same database through it.

    It loses `lost_share` of the replies.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    random = Random(seed)

    def loses(_: bytes, number: int) -> bool:
        # A connection is always made: what is lost is what it is for.
        return number > 1 and random.random() < lost_share

    proxy = LosingProxy(parts.hostname, parts.port, mongo_message, loses)
    async with _listening(proxy) as port:
        yield proxy, f"mongodb://127.0.0.1:{port}{parts.path}?directConnection=true"


@asynccontextmanager
async def losing_first_answer(port: int, *, http2: bool) -> AsyncIterator[tuple[LosingProxy, int]]:
    """A proxy before a server on this machine, and its port; the first answer of all gets lost."""
    proxy: LosingProxy

    def loses(message: bytes, _: int) -> bool:
        is_answer = not http2 or message[3] == _HTTP2_HEADERS
        return is_answer and not proxy.lost

    proxy = LosingProxy("127.0.0.1", port, http2_frame if http2 else whatever_comes, loses)
    async with _listening(proxy) as own_port:
        yield proxy, own_port


@asynccontextmanager
async def _listening(proxy: LosingProxy) -> AsyncIterator[int]:
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await proxy.serve(reader, writer)
        finally:
            connections.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
