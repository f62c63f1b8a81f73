"""Instants between RFC 3339 text and nanoseconds since 1970 in UTC, exact to the nanosecond.

Source of the text form: RFC 3339 §5.6. The range is that of int64 nanoseconds: 1677-09-21 to 2262-04-11.
"""

import re
from datetime import date, datetime
from functools import lru_cache

from server.core.model import NANOSECONDS_PER_SECOND

EARLIEST, LATEST = -(2**63), 2**63 - 1
"""The instants that can be kept, in nanoseconds."""

_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECONDS_PER_DAY = 86_400
_REMEMBERED_DAYS, _REMEMBERED_SECONDS = 512, 4096


def parse_rfc3339(text: str) -> int:
    """Nanoseconds since 1970 of a date and time with an offset and at most nine digits of fraction.

    A leap second is the second after it. Raises ValueError for any other text, TypeError for no text.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError("not a date and time as in RFC 3339, with an offset")
    day, clock, second, fraction, sign, hours, minutes = match.groups()
    is_leap_second = second == "60"
    local = datetime.fromisoformat(f"{day}T{clock}{'59' if is_leap_second else second}")
    seconds = (local.toordinal() - _EPOCH_DAY) * _SECONDS_PER_DAY
    seconds += local.hour * 3600 + local.minute * 60 + local.second
    if sign is not None:
        offset = int(hours) * 3600 + int(minutes) * 60
        seconds += offset if sign == "-" else -offset
    if is_leap_second:
        seconds = _after_leap_second(seconds)
    instant = seconds * NANOSECONDS_PER_SECOND + (int(fraction.ljust(9, "0")) if fraction else 0)
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("the instant is outside 1677-09-21 to 2262-04-11")
    return instant


def format_rfc3339(instant: int) -> str:
    """An instant in nanoseconds as text in UTC, with 0, 3, 6 or 9 digits of fraction: as few as are exact."""
    seconds, fraction = divmod(instant, NANOSECONDS_PER_SECOND)
    text = _format_second(seconds)
    if not fraction:
        return text + "Z"
    if fraction % 1000:
        return f"{text}.{str(fraction).zfill(9)}Z"
    if fraction % 1_000_000:
        return f"{text}.{str(fraction // 1000).zfill(6)}Z"
    return f"{text}.{str(fraction // 1_000_000).zfill(3)}Z"


def _after_leap_second(second_before: int) -> int:
    if second_before % _SECONDS_PER_DAY != _SECONDS_PER_DAY - 1:
        raise ValueError("a leap second ends a day in UTC")
    return second_before + 1


@lru_cache(maxsize=_REMEMBERED_SECONDS)
def _format_second(seconds: int) -> str:
    # The times of one entry, and of its neighbours, often share their second, and nearly always their day.
    day, second = divmod(seconds, _SECONDS_PER_DAY)
    return f"{_format_day(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


@lru_cache(maxsize=_REMEMBERED_DAYS)
def _format_day(day: int) -> str:
    return date.fromordinal(day + _EPOCH_DAY).isoformat()
