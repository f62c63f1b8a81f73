"""The errors of a filter."""

from server.core.errors import InvalidField


def invalid_filter(description: str, field: str) -> InvalidField:
    """The error for a filter that cannot be; `field` is its parameter."""
    return InvalidField(description, code="INVALID_FILTER", message="Invalid filter", field=field)


def invalid_time_range(description: str, field: str) -> InvalidField:
    """The error for times that cannot be; `field` is from or to."""
    return InvalidField(description, code="INVALID_TIME_RANGE", message="Invalid time range", field=field)
