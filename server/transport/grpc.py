"""What every gRPC door shares: the server and its options, health and reflection, the message of a call, the bearer.

`grpc_method` is what each method has around it, `grpc_status` what errors become.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection

from server.core.errors import InvalidRequest

_MAX_METADATA_BYTES = 16 * 1024
_KEEPALIVE_MILLISECONDS = 60_000
_MIN_PING_INTERVAL_MILLISECONDS = 5_000
_MAX_CONCURRENT_STREAMS = 1_000
_STREAM_WINDOW_BYTES = 64 * 1024
"""What may arrive of a message that nobody reads yet."""

M = TypeVar("M", bound=Message)


class GrpcServer:
    """A grpc.aio server on one address, with health and reflection for its own services.

    `handlers` are generic handlers of raw bytes: what grpc.aio cannot decode by itself, it answers with UNKNOWN.
    """

    def __init__(
        self,
        handlers: Sequence[grpc.GenericRpcHandler],
        services: Sequence[str],
        *,
        max_message_bytes: int,
        reuse_port: bool = False,
    ) -> None:
        logging.getLogger("grpc._cython.cygrpc").addFilter(_without_clients_that_left)
        self._services = tuple(services)
        self._server = grpc.aio.server(options=_options(max_message_bytes, reuse_port=reuse_port))
        self._server.add_generic_rpc_handlers(tuple(handlers))
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listen; the port. Raises RuntimeError if the address is taken."""
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        await self._server.start()
        return port

    async def set_serving(self, *, serving: bool) -> None:
        """What health answers for the server ("") and each service."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", *self._services):
            await self._health.set(name, status)

    async def stop(self, grace_seconds: float) -> None:
        """Take no new call, let those in flight finish within the grace, cancel the rest."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)


def _without_clients_that_left(record: logging.LogRecord) -> bool:
    """Keep back what gRPC says, with a traceback, of a client that went away just as its answer was sent."""
    return not record.getMessage().startswith("ExecuteBatchError raised in core")


class TooSlow(InvalidRequest):
    """A message did not arrive in time."""


class MessageReader:
    """Reads the one message of a call, once its caller is known; belongs to one event loop.

    gRPC keeps a message in memory until the last byte has come, and inflates it, out of sight of the byte budget. So
    each caller has at most `messages_at_once` under way, the others wait where they are. A message may take `seconds`
    to arrive once it is its turn, and wait twice as long for its turn: until all before it that stall are gone.
    """

    def __init__(self, *, seconds: float, messages_at_once: int) -> None:
        self._seconds = seconds
        self._messages_at_once = messages_at_once
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def read(self, context: Any, caller: str) -> bytes:
        """The message. Raises InvalidRequest if there is none, TooSlow if it is not there in time."""
        turns = self._turns.get(caller)
        if turns is None:
            turns = self._turns[caller] = asyncio.Semaphore(self._messages_at_once)
        try:
            async with asyncio.timeout(2 * self._seconds) as deadline, turns:
                # What it waited for its turn is no fault of the message.
                deadline.reschedule(asyncio.get_running_loop().time() + self._seconds)
                data = await context.read()
        except TimeoutError:
            raise TooSlow("The request did not arrive in time.") from None
        if not isinstance(data, bytes):
            raise InvalidRequest("The call has no request.")
        return data


def bearer_of(metadata: Iterable[Any] | None) -> str | None:
    """The key in `authorization: Bearer KEY`, the scheme in any case; None if there is none."""
    for name, value in metadata or ():
        if name == "authorization" and isinstance(value, str):
            scheme, _, secret = value.partition(" ")
            return secret.strip() or None if scheme.lower() == "bearer" else None
    return None


def decode(kind: type[M], data: bytes) -> M:
    """A request's message. Raises InvalidRequest if the bytes are none, or are nested too deeply."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise InvalidRequest(f"The request is not a {kind.DESCRIPTOR.name}, or is nested too deeply.") from error


def _options(max_message_bytes: int, *, reuse_port: bool) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", _MAX_METADATA_BYTES),
        ("grpc.max_concurrent_streams", _MAX_CONCURRENT_STREAMS),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MILLISECONDS),
        # Clients may ping every ten seconds, with or without calls; a flood still gets a GOAWAY.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MILLISECONDS),
        # Without the estimate of bandwidth, which grows the window to hundreds of megabytes, read or not.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", _STREAM_WINDOW_BYTES),
        ("grpc.so_reuseport", int(reuse_port)),
    ]
