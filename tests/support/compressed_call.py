"""A gRPC call whose message was compressed elsewhere: no client of gRPC sends bytes that it did not compress itself."""

import asyncio
import re
import struct

from grpc import StatusCode

from tests.support.raw_http2 import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    RawHttp2,
    call_headers,
    connected,
    field,
    frame,
)

_FRAME_BYTES = 16_384
_INITIAL_WINDOW = 65_535
_INITIAL_WINDOW_SIZE = 4
_STREAM = 1
_STATUS = re.compile(rb"grpc-status[\x01\x02](\d{1,2})", re.DOTALL)
"""Its name, the length of the number and the number: the server writes them as they are on a new connection."""
_CODES = {code.value[0]: code for code in StatusCode}


async def call_compressed(port: int, path: str, key: str, data: bytes, encoding: str = "gzip") -> StatusCode:
    """Send one message within flow control; the status with which the server ends the call."""
    async with connected(port, timeout_seconds=30) as connection:
        headers = call_headers(path, key, extra=field(b"grpc-encoding", encoding.encode()))
        await connection.send(frame(HEADERS, flags=END_HEADERS, stream=_STREAM, payload=headers))
        call = _Call(connection, b"\x01" + struct.pack(">I", len(data)) + data)
        return await call.run()


def _status_of(trailers: bytes) -> StatusCode:
    found = _STATUS.search(trailers)
    assert found is not None, trailers
    return _CODES[int(found[1])]


class _Call:
    def __init__(self, connection: RawHttp2, body: bytes) -> None:
        self._connection = connection
        self._body = memoryview(body)
        self._windows = {0: _INITIAL_WINDOW, _STREAM: 0}
        self._initial = _INITIAL_WINDOW
        self._moved = asyncio.Event()

    async def run(self) -> StatusCode:
        sending = asyncio.create_task(self._send())
        try:
            async for each in self._connection.frames():
                if each.stream == _STREAM and each.kind == HEADERS and each.flags & END_STREAM:
                    return _status_of(each.payload)
                if each.stream == _STREAM and each.kind == RST_STREAM:
                    break
                await self._note(each)
            raise AssertionError("The call ended without a status.")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self) -> None:
        while self._body:
            size = min(len(self._body), self._windows[0], self._initial + self._windows[_STREAM], _FRAME_BYTES)
            if size <= 0:
                self._moved.clear()
                await self._moved.wait()
                continue
            flags = END_STREAM if size == len(self._body) else 0
            await self._connection.send(frame(DATA, flags=flags, stream=_STREAM, payload=bytes(self._body[:size])))
            self._body = self._body[size:]
            for stream in self._windows:
                self._windows[stream] -= size

    async def _note(self, each: Frame) -> None:
        if each.kind == WINDOW_UPDATE:
            self._windows[each.stream] += struct.unpack(">I", each.payload)[0]
        elif each.kind == SETTINGS and not each.flags & ACK:
            for at in range(0, len(each.payload), 6):
                name, value = struct.unpack_from(">HI", each.payload, at)
                if name == _INITIAL_WINDOW_SIZE:
                    self._initial = value
            await self._connection.send(frame(SETTINGS, flags=ACK))
        elif each.kind == PING and not each.flags & ACK:
            await self._connection.send(frame(PING, flags=ACK, payload=each.payload))
        self._moved.set()
