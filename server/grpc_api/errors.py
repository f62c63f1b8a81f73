"""From the core's errors to gRPC: one row a class, nearest class first."""

import math
import re

import grpc
from tracking.v1 import error_pb2

from server.core.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotAuthorised,
    NotFound,
    RateLimited,
    Retryable,
    TooLarge,
    TrackingError,
)

CODE: dict[type[TrackingError], grpc.StatusCode] = {
    TooLarge: grpc.StatusCode.RESOURCE_EXHAUSTED,
    MethodNotAllowed: grpc.StatusCode.UNIMPLEMENTED,
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
    NotAuthorised: grpc.StatusCode.PERMISSION_DENIED,
    NotFound: grpc.StatusCode.NOT_FOUND,
    RateLimited: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Retryable: grpc.StatusCode.UNAVAILABLE,
    TrackingError: grpc.StatusCode.INTERNAL,
}
"""Only what is Retryable may be sent again unchanged, after the delay in its RetryInfo."""

_FIELDS = {
    "useDebounce": "debounce",
    "useDebounce.maxInterval": "debounce.max_interval",
    "useDebounce.key": "debounce.key",
    "from": "from_time",
    "to": "to_time",
}
_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")


def code_of(error: TrackingError) -> grpc.StatusCode:
    """The status code of an error, by its nearest class in the table."""
    return next(CODE[cls] for cls in type(error).__mro__ if cls in CODE)


def field_of(error: TrackingError) -> str | None:
    """The name that the contract gives to the field an error names."""
    if error.field is None:
        return None
    if error.field.startswith("attribute."):
        # What follows is the client's own name.
        return error.field
    return _FIELDS.get(error.field) or _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", error.field)


def error_message(error: TrackingError) -> error_pb2.Error:
    """An error as the result of one event of a batch."""
    answer = error_pb2.Error(
        code=error.code, message=error.message, description=error.description, field=field_of(error) or ""
    )
    if error.retry_after_seconds is not None:
        answer.retry_delay.FromMilliseconds(math.ceil(error.retry_after_seconds * 1000))
    return answer
