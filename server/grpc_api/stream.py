"""`LogStream`: events come in one after the other, each is answered after its commit, in the order they came.

Two halves side by side: one reads, checks and queues, the other waits for commits and answers. Between them is a
bounded queue, so that a client that sends faster than the store commits is slowed down by flow control.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from tracking.v1 import tracking_service_pb2

from server.core.errors import Draining, NotAuthenticated, NotAuthorised, Overloaded, TrackingError
from server.core.model import Door, Receipt
from server.core.services import Services
from server.grpc_api.answers import stream_logged
from server.grpc_api.events import read_event
from server.transport.grpc import decode
from server.transport.grpc_method import Context, admit

MAX_UNDER_WAY = 1_000
"""Events of one stream that are read and not answered yet."""

STREAMS_OF_A_KEY = 64
"""Streams that one key may have open: a message that is being read lies in memory, out of sight of the byte budget."""

Pending: TypeAlias = "asyncio.Future[list[Receipt]] | TrackingError"


class OpenStreams:
    """How many streams each key has open. For one event loop."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    @contextmanager
    def one_more(self, key_id: str) -> Iterator[None]:
        """Count a stream while it is open. Raises Overloaded for one too many."""
        if self._counts.get(key_id, 0) >= STREAMS_OF_A_KEY:
            raise Overloaded(f"This API key has {STREAMS_OF_A_KEY} streams open here; close one, or use Log.")
        self._counts[key_id] = self._counts.get(key_id, 0) + 1
        try:
            yield
        finally:
            self._counts[key_id] -= 1
            if not self._counts[key_id]:
                del self._counts[key_id]


class LogStream:
    """One call. A bad, rate-limited or shed event is a result like any other; a bad key or the drain ends the call."""

    def __init__(self, services: Services, context: Context, streams: OpenStreams) -> None:
        self._services = services
        self._context = context
        self._streams = streams
        self._waits_for_message = False
        self._under_way: asyncio.Queue[tuple[int, Pending] | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(MAX_UNDER_WAY)

    async def run(self) -> None:
        """Until the client has sent its last event. Raises what ends the call, once all that was read is answered."""
        key = await admit(self._services, self._context, "ingest")
        with self._streams.one_more(key.id):
            await self._run()

    async def _run(self) -> None:
        reading = asyncio.create_task(self._read())

        def stop_reading(_: object) -> None:
            # An event that was read gets its answer; nothing more is read.
            if self._waits_for_message:
                reading.cancel()

        self._services.draining.add_done_callback(stop_reading)
        try:
            while (item := await self._under_way.get()) is not None:
                await self._answer(*item)
                self._room.release()
            if (end := await reading) is not None:
                raise end
        finally:
            self._services.draining.remove_done_callback(stop_reading)
            reading.cancel()
            self._forget()

    async def _read(self) -> TrackingError | None:
        """Begin the commit of each event that comes; what ends the call, None for the client's own end."""
        try:
            while isinstance(data := await self._next(), bytes):
                self._under_way.put_nowait(await self._begin(data))
        except asyncio.CancelledError:
            if not self._services.draining.done():
                raise
            return Draining()
        except Draining as error:
            return error
        except (NotAuthenticated, NotAuthorised) as error:
            # A revoked key ends the stream as soon as it would end a call; the event that was read has no answer.
            self._services.ingest.refuse(Door.GRPC, error)
            return error
        finally:
            self._under_way.put_nowait(None)
        return None

    async def _next(self) -> object:
        """The next message, once there is room for its event; at the end, what is no bytes."""
        if self._services.draining.done():
            raise Draining
        self._waits_for_message = True
        await self._room.acquire()
        data = await self._context.read()
        self._waits_for_message = False
        return data

    async def _begin(self, data: bytes) -> tuple[int, Pending]:
        """Queue an event; what is wrong with it is its result. Raises NotAuthenticated, NotAuthorised."""
        request, undecodable = _decoded(data)
        try:
            key = await admit(self._services, self._context, "ingest")
            self._services.admission.charge(key)
            if undecodable is not None:
                raise undecodable
            return request.sequence, self._services.ingest.begin(key, Door.GRPC, read_event(request.event))
        except (NotAuthenticated, NotAuthorised):
            raise
        except TrackingError as error:
            self._services.ingest.refuse(Door.GRPC, error)
            return request.sequence, error

    async def _answer(self, sequence: int, pending: Pending) -> None:
        result: Receipt | TrackingError
        try:
            result = pending if isinstance(pending, TrackingError) else (await pending)[0]
        except TrackingError as error:
            result = error
        await self._context.write(stream_logged(sequence, result))

    def _forget(self) -> None:
        """Nobody waits for these any more; what is queued is committed all the same."""
        while not self._under_way.empty():
            item = self._under_way.get_nowait()
            if item is not None and isinstance(item[1], asyncio.Future):
                item[1].cancel()


def _decoded(data: bytes) -> tuple[tracking_service_pb2.LogStreamRequest, TrackingError | None]:
    # First of all, as the sequence stands in every answer; an event that cannot be read costs the key a unit too.
    try:
        return decode(tracking_service_pb2.LogStreamRequest, data), None
    except TrackingError as error:
        return tracking_service_pb2.LogStreamRequest(), error
