"""What each method of this door has around it: the caller is admitted, errors become statuses, answers are measured."""

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import grpc
from grpc_status import rpc_status

from server.core.errors import Internal, TrackingError
from server.core.model import ApiKey, Door, Scope
from server.core.services import Services
from server.grpc_api.errors import code_of, field_of
from server.transport.grpc import bearer_of, to_status

logger = logging.getLogger("tracking.grpc")

Context = grpc.aio.ServicerContext[bytes, bytes]
Method = Callable[[Context], Awaitable[bytes]]


async def admit(services: Services, context: Context, scope: Scope) -> ApiKey:
    """The caller's key, if it may do this; a browser key has no origin here."""
    key = await services.admission.authenticate(bearer_of(context.invocation_metadata()))
    services.admission.authorise(key, scope)
    return key


def method(services: Services, name: str, handler: Method, *, ingests: bool = False) -> Any:
    """A unary method of raw bytes. `ingests`: a refused request counts as refused events.

    On the server's side it takes a stream, so that the message is read only once the handler asks for it: whoever
    has no key is refused before anything of it lies in memory, as over REST.
    """
    observe = services.observations.answered

    async def answer(_: Any, context: Context) -> bytes:
        begin = perf_counter()
        code = "CANCELLED"
        try:
            reply = await handler(context)
            code = "OK"
        except Exception as exception:  # noqa: BLE001 - each becomes a status in our words
            code, status = _refused(services, name, exception, ingests=ingests)
        else:
            return reply
        finally:
            observe("grpc", name, code, perf_counter() - begin)
        # Not while the failure is handled: gRPC keeps what this raises, and so would keep the failure and its frames.
        await context.abort_with_status(status)
        raise AssertionError("A call that was aborted goes on.")

    return grpc.stream_unary_rpc_method_handler(answer)


def stream(services: Services, name: str, handler: Callable[[Context], Awaitable[None]]) -> Any:
    """A method of streams of raw bytes: the handler reads and writes by itself, what it raises ends the call."""
    observe = services.observations.answered

    async def answer(_: Any, context: Context) -> None:
        begin = perf_counter()
        code = "CANCELLED"
        try:
            await handler(context)
            code = "OK"
        except Exception as exception:  # noqa: BLE001 - each becomes a status in our words
            code, status = _refused(services, name, exception, ingests=False)
        else:
            return
        finally:
            observe("grpc", name, code, perf_counter() - begin)
        await context.abort_with_status(status)

    return grpc.stream_stream_rpc_method_handler(answer)


def _refused(services: Services, name: str, exception: Exception, *, ingests: bool) -> tuple[str, Any]:
    """The code and the status for a failure."""
    error = _as_tracking_error(name, exception)
    if ingests:
        services.ingest.refuse(Door.GRPC, error)
    code = code_of(error)
    return code.name, rpc_status.to_status(to_status(code, error, field_of(error)))


def _as_tracking_error(name: str, exception: Exception) -> TrackingError:
    if isinstance(exception, TrackingError):
        return exception
    logger.error("A call of %s failed unexpectedly.", name, exc_info=exception)
    return Internal()
