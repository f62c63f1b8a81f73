"""`LogStream`: events come in one after the other, each is answered after its commit, in the order they came.

Two halves side by side: one reads, checks and queues, the other waits for commits and answers. Between them is a
bounded queue, so that a client that sends faster than the store commits is slowed down by flow control.
"""

import asyncio

from tracking.v1 import tracking_service_pb2

from server.core.errors import Draining, TrackingError
from server.core.model import ApiKey, Door, Receipt
from server.core.services import Services
from server.grpc_api.answers import stream_logged
from server.grpc_api.door import Context, admit
from server.grpc_api.events import read_event
from server.transport.grpc import decode

_MAX_UNDER_WAY = 1_000
"""Events of one stream that are read and not answered yet."""

Pending = asyncio.Future[list[Receipt]] | TrackingError


class LogStream:
    """One call. A bad, rate-limited or shed event is a result like any other; a bad key or the drain ends the call."""

    def __init__(self, services: Services, context: Context) -> None:
        self._services = services
        self._context = context
        self._under_way: asyncio.Queue[tuple[int, Pending] | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_MAX_UNDER_WAY)
        self._end: TrackingError | None = None

    async def run(self) -> None:
        """Until the client has sent its last event. Raises what ends the call, once all that was read is answered."""
        key = await admit(self._services, self._context, "ingest")
        reading = asyncio.create_task(self._read(key))
        stop = self._services.draining
        stop.add_done_callback(lambda _: reading.cancel())
        try:
            while (item := await self._under_way.get()) is not None:
                await self._answer(*item)
                self._room.release()
            if self._end is not None:
                raise self._end
        finally:
            reading.cancel()

    async def _read(self, key: ApiKey) -> None:
        try:
            while isinstance(data := await self._next(), bytes):
                # A revoked key ends the stream as soon as it would end a call.
                key = await admit(self._services, self._context, "ingest")
                self._under_way.put_nowait(self._begin(key, data))
        except asyncio.CancelledError:
            if not self._services.draining.done():
                raise
            self._end = Draining()
        except TrackingError as error:
            self._end = error
        self._under_way.put_nowait(None)

    async def _next(self) -> object:
        """The next message, once there is room for its event; at the end, what is no bytes."""
        await self._room.acquire()
        return await self._context.read()

    def _begin(self, key: ApiKey, data: bytes) -> tuple[int, Pending]:
        sequence = 0
        try:
            self._services.admission.charge(key)
            request = decode(tracking_service_pb2.LogStreamRequest, data)
            sequence = request.sequence
            return sequence, self._services.ingest.begin(key, Door.GRPC, read_event(request.event))
        except TrackingError as error:
            self._services.ingest.refuse(Door.GRPC, error)
            return sequence, error

    async def _answer(self, sequence: int, pending: Pending) -> None:
        result: Receipt | TrackingError
        try:
            result = pending if isinstance(pending, TrackingError) else (await pending)[0]
        except TrackingError as error:
            result = error
        await self._context.write(stream_logged(sequence, result))
