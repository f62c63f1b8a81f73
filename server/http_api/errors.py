"""The core's errors as this door's JSON; their statuses are those of every HTTP door."""

import logging

import msgspec
from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.errors import TrackingError
from server.transport.http.faults import logged_fault
from server.transport.http.statuses import error_headers, status_of

logger = logging.getLogger("tracking.http")


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """An error as JSON has it, alone or in a batch's list."""

    code: str
    message: str
    description: str
    field: str | None = None


class _ErrorAnswer(msgspec.Struct):
    success: bool
    error: ErrorBody


def error_body(error: TrackingError) -> ErrorBody:
    """An error's JSON object."""
    return ErrorBody(error.code, error.message, error.description, error.field)


def answer_to(request: Request, exception: Exception) -> tuple[TrackingError, HTTPResponse]:
    """Whatever a request ended in, in the core's words and as an answer."""
    error, status = logged_fault(request, exception, logger)
    body = msgspec.json.encode(_ErrorAnswer(success=False, error=error_body(error)))
    return error, HTTPResponse(body, status or status_of(error), error_headers(error), "application/json")
