"""Sanic's own exceptions in the core's words, so that a door has one table of errors."""

from logging import Logger
from typing import NamedTuple

from sanic.exceptions import MethodNotAllowed as NoSuchMethod
from sanic.exceptions import NotFound as NoSuchRoute
from sanic.exceptions import PayloadTooLarge, SanicException
from sanic.request import Request

from server.core.errors import Internal, InvalidRequest, MethodNotAllowed, NotFound, TooLarge, TrackingError


class Fault(NamedTuple):
    """An error to answer with; `status` where HTTP itself has one for it, None where the door's table decides."""

    error: TrackingError
    status: int | None = None


def logged_fault(request: Request, exception: BaseException, logger: Logger) -> Fault:
    """The same as `fault_of`; a bug is logged by its door's logger, a client's fault is not."""
    fault = fault_of(exception)
    if isinstance(fault.error, Internal) and fault.error is not exception:
        logger.error("A request to %s failed unexpectedly.", request.path, exc_info=exception)
    return fault


def fault_of(exception: BaseException) -> Fault:
    """What to answer a request with that ended in this exception.

    A head, a chunk or an address that is not HTTP keeps Sanic's status (400, 408 for a request that took too long,
    414, 417) under the code INVALID_BODY; whatever has no place in the tree is Internal, and worth a log line.
    """
    match exception:
        case TrackingError():
            return Fault(exception)
        case NoSuchRoute():
            return Fault(NotFound("There is no such address here."))
        case NoSuchMethod():
            return Fault(MethodNotAllowed(tuple(sorted(exception.allowed_methods or ()))))
        case PayloadTooLarge():
            return Fault(TooLarge(str(exception)))
        case SanicException() if 400 <= exception.status_code < 500:
            return Fault(InvalidRequest(str(exception)), exception.status_code)
        case _:
            return Fault(Internal())
