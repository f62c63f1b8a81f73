"""The core's errors in the words of `tracking.v1`; their status codes are those of every gRPC door."""

import re

from tracking.v1 import error_pb2

from server.core.errors import TrackingError
from server.transport.grpc_status import retry_info

_FIELDS = {
    "useDebounce": "debounce",
    "useDebounce.maxInterval": "debounce.max_interval",
    "useDebounce.key": "debounce.key",
    "from": "from_time",
    "to": "to_time",
}
_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")


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
    if (retry := retry_info(error)) is not None:
        answer.retry_delay.CopyFrom(retry.retry_delay)
    return answer
