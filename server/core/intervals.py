"""Intervals as people write them: `10m`, `1h 30m`, `90s`, or a number of minutes.

Inside, an interval is a whole number of milliseconds.
"""

import re
from functools import lru_cache

from server.core.errors import InvalidField

MIN_INTERVAL_MILLISECONDS = 1_000
"""The shortest debounce window: one second."""
MAX_INTERVAL_MILLISECONDS = 24 * 60 * 60 * 1_000
"""The longest debounce window: one day."""

_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_ALIASES = {"hr": "h", "min": "m"}
_PART = re.compile(r" *([0-9]+) *(min|hr|[smhd]) *", re.ASCII | re.IGNORECASE)
_MINUTES = re.compile(r" *([0-9]+) *")
_LONGEST_TEXT = 64
"""Characters; longer text is no interval, and no number in it can be too long to read."""


def parse_interval(value: object, field: str = "useDebounce.maxInterval") -> int:
    """The milliseconds of a debounce interval: a number (or bare digits) is minutes, text has units.

    Raises InvalidField, INVALID_DEBOUNCE_INTERVAL, for anything else and outside 1 second to 24 hours.
    """
    return interval_from_milliseconds(read_milliseconds(value, most=MAX_INTERVAL_MILLISECONDS), field)


def read_milliseconds(value: object, *, most: int) -> int | None:
    """The milliseconds of an interval of any length: a number (or bare digits) is minutes, text has units.

    None for anything else, and for a number above `most`, which is in milliseconds.
    """
    if isinstance(value, str):
        return parse_interval_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
        return round(value * _MILLISECONDS["m"])
    return None


def interval_from_milliseconds(milliseconds: int | None, field: str = "useDebounce.maxInterval") -> int:
    """The same milliseconds if a debounce interval may have them; InvalidField otherwise, and for None."""
    if milliseconds is not None and MIN_INTERVAL_MILLISECONDS <= milliseconds <= MAX_INTERVAL_MILLISECONDS:
        return milliseconds
    raise InvalidField(
        f"{field.removeprefix('useDebounce.')} must be from 1 second to 24 hours: a number of minutes (10), or whole "
        "numbers with the units s, m (min), h (hr) and d, each at most once ('90s', '10m', '1h 30m').",
        code="INVALID_DEBOUNCE_INTERVAL",
        message="Invalid debounce interval",
        field=field,
    )


def parse_interval_text(text: str) -> int | None:
    """The milliseconds of text with units, or of bare digits, which are minutes; of any length. None for other text."""
    return _milliseconds_of(text) if len(text) <= _LONGEST_TEXT else None


def parse_units(text: str) -> int | None:
    """The milliseconds of text with units (`7d`, `1h 30m`), of any length; None for any other text."""
    if len(text) > _LONGEST_TEXT:
        return None
    total, position = 0, 0
    seen: set[str] = set()
    while part := _PART.match(text, position):
        number, unit = part.groups()
        unit = _ALIASES.get(unit.lower(), unit.lower())
        if unit in seen:
            return None
        seen.add(unit)
        total += int(number) * _MILLISECONDS[unit]
        position = part.end()
    return total if seen and position == len(text) else None


def format_interval(milliseconds: int) -> str:
    """The interval in the largest units that fit: `10m`, `1h 30m`, `1m 30.5s`."""
    parts = []
    for unit, size in _MILLISECONDS.items():
        if unit != "s":
            count, milliseconds = divmod(milliseconds, size)
            parts += [f"{count}{unit}"] if count else []
    if milliseconds or not parts:
        parts.append(f"{milliseconds / 1000:g}s")
    return " ".join(parts)


@lru_cache(maxsize=256)
def _milliseconds_of(text: str) -> int | None:
    if minutes := _MINUTES.fullmatch(text):
        return int(minutes[1]) * _MILLISECONDS["m"]
    return parse_units(text)
