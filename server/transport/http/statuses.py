"""From the core's errors to HTTP: one row a class, nearest class first; and the headers that go with them."""

import math
from http import HTTPStatus
from typing import Any

from sanic.request import Request

from server.core.errors import (
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
from server.core.services import Services

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


def status_of(error: TrackingError) -> HTTPStatus:
    """The status of an error, by its nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def error_headers(error: TrackingError) -> dict[str, str]:
    """When to send again, which methods there are, how to authenticate: where an error has to say so."""
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def add_rate(services: Services, request: Request, response: Any) -> None:
    """Say what the caller's key may still send, on every answer to it, if it is limited: `request.ctx.key`."""
    key = getattr(request.ctx, "key", None)
    state = None if key is None else services.admission.rate_state(key)
    if state is not None:
        response.headers["X-RateLimit-Limit"] = str(state.limit)
        response.headers["X-RateLimit-Remaining"] = str(state.remaining)
        response.headers["X-RateLimit-Reset"] = str(state.reset_seconds)
