"""One table of errors: what the two doors make of each class, and of each code that clients may rely on."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from server.core.errors import (
    Draining,
    Internal,
    InvalidField,
    InvalidJson,
    InvalidRequest,
    MethodNotAllowed,
    NotAuthenticated,
    NotAuthorised,
    NotFound,
    Overloaded,
    QueryTimeout,
    RateLimited,
    Refused,
    StoreUnavailable,
    TooLarge,
    TrackingError,
    UnsupportedMediaType,
)
from server.core.ports import StoreBroken
from server.transport.grpc_status import code_of
from server.transport.http.statuses import status_of

Status = grpc.StatusCode
Row = tuple[type[TrackingError], int, grpc.StatusCode | None, bool]

CODES: dict[str, Row] = {
    "INVALID_JSON": (InvalidJson, 400, None, False),
    "INVALID_API_KEY": (NotAuthenticated, 401, Status.UNAUTHENTICATED, False),
    "INSUFFICIENT_SCOPE": (NotAuthorised, 403, Status.PERMISSION_DENIED, False),
    "ORIGIN_NOT_ALLOWED": (NotAuthorised, 403, Status.PERMISSION_DENIED, False),
    "NOT_FOUND": (NotFound, 404, Status.NOT_FOUND, False),
    "METHOD_NOT_ALLOWED": (MethodNotAllowed, 405, None, False),
    "UNSUPPORTED_MEDIA_TYPE": (UnsupportedMediaType, 415, None, False),
    "EVENT_TOO_LARGE": (TooLarge, 413, Status.RESOURCE_EXHAUSTED, False),
    "REQUEST_TOO_LARGE": (TooLarge, 413, Status.RESOURCE_EXHAUSTED, False),
    "TOO_MANY_EVENTS": (TooLarge, 413, Status.RESOURCE_EXHAUSTED, False),
    "INVALID_BODY": (InvalidRequest, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_MESSAGE": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_LEVEL": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_SEND_NOTIFICATION": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_DEBOUNCE": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_DEBOUNCE_KEY": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_DEBOUNCE_INTERVAL": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_EVENT_ID": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_EVENT_TIME": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_ATTRIBUTES": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_FIELD": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_FILTER": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_TIME_RANGE": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_STEP": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_PAGE_SIZE": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "INVALID_PAGE_TOKEN": (InvalidField, 422, Status.INVALID_ARGUMENT, False),
    "RATE_LIMITED": (RateLimited, 429, Status.RESOURCE_EXHAUSTED, True),
    "OVERLOADED": (Overloaded, 503, Status.UNAVAILABLE, True),
    "STORE_UNAVAILABLE": (StoreUnavailable, 503, Status.UNAVAILABLE, True),
    "DRAINING": (Draining, 503, Status.UNAVAILABLE, True),
    "QUERY_TIMEOUT": (QueryTimeout, 503, Status.UNAVAILABLE, True),
    "INTERNAL": (Internal, 500, Status.INTERNAL, False),
}
"""Class, HTTP status, gRPC status (None: gRPC cannot meet it), and whether the same may be sent again."""

NEVER_CROSS_A_DOOR = {Refused, StoreBroken}


def every_class(root: type[TrackingError] = TrackingError) -> Iterator[type[TrackingError]]:
    """A class and all below it."""
    yield root
    for below in root.__subclasses__():
        yield from every_class(below)


def made(kind: type[TrackingError], **more: Any) -> TrackingError:
    """An error of a class, with as little as it takes."""
    return kind(("GET",)) if issubclass(kind, MethodNotAllowed) else kind(**more)


@pytest.mark.parametrize("kind", sorted(set(every_class()) - NEVER_CROSS_A_DOOR, key=str))
def test_every_class_of_the_tree_has_its_row_in_both_doors(kind: type[TrackingError]) -> None:
    error = made(kind)
    _, status, code, again = CODES[error.code]
    assert status_of(error) == status
    assert code is None or code_of(error) is code
    assert (error.retry_after_seconds is not None) is again


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_status_in_both_doors_and_something_to_say(code: str) -> None:
    kind, status, grpc_status, again = CODES[code]
    error = made(kind) if kind.code == code else made(kind, code=code)
    assert error.code == code
    assert status_of(error) == status
    assert grpc_status is None or code_of(error) is grpc_status
    assert (error.retry_after_seconds is not None) is again
    assert error.message
    assert error.description


def test_the_doors_agree_on_who_is_to_blame() -> None:
    client_faults = {Status.INVALID_ARGUMENT, Status.UNAUTHENTICATED, Status.PERMISSION_DENIED, Status.NOT_FOUND}
    for kind, status, code, again in CODES.values():
        assert issubclass(kind, TrackingError)
        assert again == (status in (429, 503))
        if code in client_faults:
            assert 400 <= status < 500
