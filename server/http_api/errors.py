"""From the core's errors to HTTP: one row a class, nearest class first."""

import logging
import math
from http import HTTPStatus

import msgspec
from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.errors import (
    Internal,
    InvalidField,
    InvalidJson,
    InvalidRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotAuthorised,
    NotFound,
    RateLimited,
    Retryable,
    TooLarge,
    TrackingError,
    UnsupportedMediaType,
)
from server.transport.http.faults import fault_of

logger = logging.getLogger("tracking.http")

STATUS: dict[type[TrackingError], HTTPStatus] = {
    InvalidJson: HTTPStatus.BAD_REQUEST,
    InvalidField: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAuthorised: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Retryable: HTTPStatus.SERVICE_UNAVAILABLE,
    TrackingError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Only what is Retryable may be sent again unchanged."""


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """An error as JSON has it, alone or in a batch's list."""

    code: str
    message: str
    description: str
    field: str | None = None


class _ErrorAnswer(msgspec.Struct):
    success: bool
    error: ErrorBody


def status_of(error: TrackingError) -> HTTPStatus:
    """The status of an error, by its nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def error_body(error: TrackingError) -> ErrorBody:
    """An error's JSON object."""
    return ErrorBody(error.code, error.message, error.description, error.field)


def answer_to(request: Request, exception: Exception) -> tuple[TrackingError, HTTPResponse]:
    """Whatever a request ended in, in the core's words and as an answer; a bug is logged, a client's fault is not."""
    error, status = fault_of(exception)
    if isinstance(error, Internal) and error is not exception:
        logger.error("A request to %s failed unexpectedly.", request.path, exc_info=exception)
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    body = msgspec.json.encode(_ErrorAnswer(success=False, error=error_body(error)))
    return error, HTTPResponse(body, status or status_of(error), headers, "application/json")
