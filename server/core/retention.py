"""How long entries live: a period per level, counted from the receive time of the last occurrence."""

from collections.abc import Mapping
from types import MappingProxyType

from server.core.model import NANOSECONDS_PER_SECOND, Level

_DAY = 86_400 * NANOSECONDS_PER_SECOND

SHIPPED_PERIODS: Mapping[Level, int] = MappingProxyType(
    {
        Level.INFO: 14 * _DAY,
        Level.SUCCESS: 30 * _DAY,
        Level.WARNING: 60 * _DAY,
        Level.ERROR: 180 * _DAY,
        Level.CRITICAL: 365 * _DAY,
    }
)
"""The retention period of each level, in nanoseconds, until an organisation chooses another."""


def expire_time(level: Level, last_receive_time: int) -> int:
    """When an entry's retention period ends, in nanoseconds since 1970.

    `last_receive_time` is when the server received the entry's last occurrence: an event that happened long ago
    is never born expired.
    """
    return last_receive_time + SHIPPED_PERIODS[level]
