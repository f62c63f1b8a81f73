"""From the core's errors to gRPC's statuses, for every door of gRPC: one row a class, nearest class first."""

import math
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

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

ERROR_DOMAIN = "tracking"
RETRY_TRAILER = "google.rpc.retryinfo-bin"
"""Where some clients look for the delay; others look among the status's details."""

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


def code_of(error: TrackingError) -> grpc.StatusCode:
    """The status code of an error, by its nearest class in the table."""
    return next(CODE[cls] for cls in type(error).__mro__ if cls in CODE)


def to_status(code: grpc.StatusCode, error: TrackingError, field: str | None = None) -> status_pb2.Status:
    """A status with the details clients look for: ErrorInfo, BadRequest for a field, RetryInfo where it helps."""
    status = status_pb2.Status(code=code.value[0], message=error.description)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.code, domain=ERROR_DOMAIN))
    if field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=error.description)
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    if (retry := retry_info(error)) is not None:
        status.details.add().Pack(retry)
    return status


def retry_info(error: TrackingError) -> error_details_pb2.RetryInfo | None:
    """When to send again, in whole milliseconds; None where that cannot help."""
    if error.retry_after_seconds is None:
        return None
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(math.ceil(error.retry_after_seconds * 1000))
    return retry


def to_trailers(status: status_pb2.Status, error: TrackingError) -> Any:
    """What `abort_with_status` sends: the status with its details, the delay in a trailer of its own too."""
    ending: Any = rpc_status.to_status(status)
    retry = retry_info(error)
    if retry is None:
        return ending
    extra = (RETRY_TRAILER, retry.SerializeToString())
    return ending._replace(trailing_metadata=(*ending.trailing_metadata, extra))
