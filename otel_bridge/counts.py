"""Records that stand for many: what the Collector's logdedup processor counted before us."""

from collections.abc import Mapping
from typing import Any

from otel_bridge.values import whole_number
from server.core.instants import EARLIEST, LATEST, parse_rfc3339

MOST_EVENTS = 1_000_000_000
"""That one record may stand for; a greater count is read as this."""

_TIMES = (
    ("first_observed_timestamp", "last_observed_timestamp"),
    ("first_aggregation_timestamp", "last_aggregation_timestamp"),
)


def read_count(attributes: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """How many events a record stands for, and the times of the first and the last of them in nanoseconds.

    None where `log_count` or the two times are missing or cannot be: such a record is one event like any other.
    """
    count = _count(attributes.get("log_count"))
    if count is None:
        return None
    for first_name, last_name in _TIMES:
        first, last = _instant(attributes.get(first_name)), _instant(attributes.get(last_name))
        if first is not None and last is not None and first <= last:
            return count, first, last
    return None


def _count(value: Any) -> int | None:
    # A double is no count, not even a whole one.
    number = None if isinstance(value, float) else whole_number(value)
    return None if number is None or number < 1 else min(number, MOST_EVENTS)


def _instant(value: Any) -> int | None:
    if type(value) is int:
        return value if EARLIEST <= value <= LATEST else None
    if not isinstance(value, str):
        return None
    try:
        return parse_rfc3339(value)
    except ValueError:
        return None
