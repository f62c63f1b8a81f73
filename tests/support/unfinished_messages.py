"""A client of gRPC that begins many large messages, keeps to flow control, and never ends one of them."""

import asyncio
import struct

from tests.support.raw_http2 import (
    ACK,
    DATA,
    END_HEADERS,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    RawHttp2,
    call_headers,
    frame,
    message,
)

_FRAME_BYTES = 16_384
_INITIAL_WINDOW = 65_535
_INITIAL_WINDOW_SIZE = 4
_STUCK_SECONDS = 1.0


class UnfinishedMessages:
    """Sends on one connection; the last byte of each message is never sent."""

    def __init__(self, connection: RawHttp2, path: str, key: str, *, streams: int, size: int) -> None:
        self._connection = connection
        self._headers = call_headers(path, key)
        self._data = message(bytes(size - 1), declared=size)
        self._left = {stream: len(self._data) for stream in range(1, 2 * streams, 2)}
        self._granted = dict.fromkeys(self._left, 0)
        self._initial = self._window = _INITIAL_WINDOW
        self._moved = asyncio.Event()

    async def send(self) -> None:
        """Send until the server grants nothing more, has had all but the last bytes, or has reset every stream."""
        reading = asyncio.create_task(self._read())
        try:
            for stream in tuple(self._left):
                await self._connection.send(frame(HEADERS, flags=END_HEADERS, stream=stream, payload=self._headers))
            while await self._send_round() or await self._may_go_on():
                pass
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _send_round(self) -> int:
        sent = 0
        for stream, left in tuple(self._left.items()):
            size = max(0, min(left, self._window, self._initial + self._granted[stream], _FRAME_BYTES))
            if size:
                at = len(self._data) - left
                await self._connection.send(frame(DATA, stream=stream, payload=self._data[at : at + size]))
                self._granted[stream] -= size
                self._window -= size
                self._left[stream] = left - size
                sent += size
        return sent

    async def _may_go_on(self) -> bool:
        self._moved.clear()
        try:
            await asyncio.wait_for(self._moved.wait(), _STUCK_SECONDS)
        except TimeoutError:
            return False
        return any(self._left.values())

    async def _read(self) -> None:
        async for received in self._connection.frames():
            await self._note(received)
            self._moved.set()

    async def _note(self, received: Frame) -> None:
        if received.kind == SETTINGS and not received.flags & ACK:
            for at in range(0, len(received.payload), 6):
                name, value = struct.unpack_from(">HI", received.payload, at)
                if name == _INITIAL_WINDOW_SIZE:
                    self._initial = value
            await self._connection.send(frame(SETTINGS, flags=ACK))
        elif received.kind == WINDOW_UPDATE:
            increment = int.from_bytes(received.payload)
            if received.stream:
                self._granted[received.stream] = self._granted.get(received.stream, 0) + increment
            else:
                self._window += increment
        elif received.kind == PING and not received.flags & ACK:
            await self._connection.send(frame(PING, flags=ACK, payload=received.payload))
        elif received.kind == RST_STREAM:
            self._left.pop(received.stream, None)
