"""Instants as the service writes them."""

from server.core.instants import parse_rfc3339
from server.core.model import NANOSECONDS_PER_SECOND


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one instant in RFC 3339 to another."""
    return (parse_rfc3339(later) - parse_rfc3339(earlier)) / NANOSECONDS_PER_SECOND
