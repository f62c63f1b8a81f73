"""A way to MongoDB on which replies get lost: the request was carried out, and the client never hears of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from urllib.parse import urlsplit

_LENGTH_BYTES = 4


class LosingProxy:
    """Forwards whole messages; instead of `lost_share` of the replies the connection ends."""

    def __init__(self, host: str, port: int, *, lost_share: float, seed: int) -> None:
        self.lost_share = lost_share
        self.lost = 0
        self._address = host, port
        self._random = Random(seed)

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
        while True:
            reply = await _message(reader)
            replies += 1
            # A connection is always made: what is lost is what it is for.
            if replies > 1 and self._random.random() < self.lost_share:
                self.lost += 1
                return
            writer.write(reply)
            await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(_LENGTH_BYTES)
    return head + await reader.readexactly(int.from_bytes(head, "little") - _LENGTH_BYTES)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def losing_proxy(url: str, *, lost_share: float, seed: int) -> AsyncIterator[tuple[LosingProxy, str]]:
    """A proxy before the one member of a replica set, and the URL of the same database through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    proxy = LosingProxy(parts.hostname, parts.port, lost_share=lost_share, seed=seed)
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
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, f"mongodb://127.0.0.1:{port}{parts.path}?directConnection=true"
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
