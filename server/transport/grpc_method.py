"""What each method of a gRPC door has around it: errors become statuses, answers are measured."""

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeAlias

import grpc
import grpc.aio

from server.core.errors import Internal, TrackingError
from server.core.model import ApiKey, Scope
from server.core.services import Services
from server.transport.grpc import bearer_of

logger = logging.getLogger("tracking.grpc")

Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"
Method: TypeAlias = Callable[[Context], Awaitable[bytes]]
StreamMethod: TypeAlias = Callable[[Context], Awaitable[None]]
Refusal: TypeAlias = "tuple[grpc.StatusCode, Any]"
"""A code, and what `abort_with_status` sends."""


async def admit(services: Services, context: Context, scope: Scope) -> ApiKey:
    """The caller's key, if it may do this; a browser key has no origin here."""
    key = await services.admission.authenticate(bearer_of(context.invocation_metadata()))
    services.admission.authorise(key, scope)
    return key


class Methods:
    """Makes the methods of one door, which are measured under its name. `refuse` says what an error becomes."""

    def __init__(self, services: Services, door: str, refuse: Callable[[TrackingError], Refusal]) -> None:
        self._observe = services.observations.answered
        self._door = door
        self._refuse = refuse

    def unary(self, name: str, handler: Method, *, on_error: Callable[[TrackingError], None] | None = None) -> Any:
        """A unary method of raw bytes. `on_error` is told what the call failed with, in the core's words.

        On the server's side it takes a stream, so that the message is read only once the handler asks for it:
        whoever has no key is refused before anything of it lies in memory, as over REST.
        """

        async def answer(_: Any, context: Context) -> bytes:
            begin = perf_counter()
            code = "CANCELLED"
            try:
                reply = await handler(context)
                code = "OK"
            except Exception as exception:  # noqa: BLE001 - each becomes a status in our words
                code, status = self._refused(name, exception, on_error)
            else:
                return reply
            finally:
                self._observe(self._door, name, code, perf_counter() - begin)
            # Not while the failure is handled: gRPC keeps what this raises, and so would keep the failure and its
            # frames.
            await context.abort_with_status(status)
            raise AssertionError("A call that was aborted goes on.")

        return grpc.stream_unary_rpc_method_handler(answer)

    def stream(self, name: str, handler: StreamMethod) -> Any:
        """A method of streams of raw bytes: the handler reads and writes by itself, what it raises ends the call."""

        async def answer(_: Any, context: Context) -> None:
            begin = perf_counter()
            code = "CANCELLED"
            try:
                await handler(context)
                code = "OK"
            except grpc.aio.InternalError:
                # A message could not be sent: the client went away in the middle of it.
                return
            except Exception as exception:  # noqa: BLE001 - each becomes a status in our words
                code, status = self._refused(name, exception, None)
            else:
                return
            finally:
                self._observe(self._door, name, code, perf_counter() - begin)
            await context.abort_with_status(status)

        return grpc.stream_stream_rpc_method_handler(answer)

    def _refused(
        self, name: str, exception: Exception, on_error: Callable[[TrackingError], None] | None
    ) -> tuple[str, Any]:
        """The code and the status for a failure."""
        error = _as_tracking_error(name, exception)
        if on_error is not None:
            on_error(error)
        code, status = self._refuse(error)
        return code.name, status


def _as_tracking_error(name: str, exception: Exception) -> TrackingError:
    if isinstance(exception, TrackingError):
        return exception
    logger.error("A call of %s failed unexpectedly.", name, exc_info=exception)
    return Internal()
