"""Times as filters have them: RFC 3339, or relative to now."""

from collections.abc import Sequence

from server.core.instants import format_rfc3339, parse_rfc3339
from server.core.intervals import parse_units
from server.core.model import NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND
from server.core.query.invalid import invalid_time_range

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def parse_time(field: str, texts: Sequence[str], now: int) -> tuple[int | None, int | None]:
    """The instant, and how long before now it is if that is how it was asked for; both in nanoseconds.

    Raises InvalidField, INVALID_TIME_RANGE.
    """
    if not texts:
        return None, None
    if len(set(texts)) > 1:
        raise invalid_time_range(f"{field} may be given once.", field)
    if texts[0].startswith("-") and (milliseconds := parse_units(texts[0][1:])) is not None:
        age = milliseconds * NANOSECONDS_PER_MILLISECOND
        return now - age, age
    try:
        # A plus sign that was not escaped arrives as a space; RFC 3339 has no other space.
        return parse_rfc3339(texts[0].replace(" ", "+")), None
    except ValueError as error:
        raise invalid_time_range(
            f"{field} must be RFC 3339 with an offset (2026-01-31T12:00:00Z), or relative to now (-15m, -24h, -7d).",
            field,
        ) from error


def format_time(instant: int, age: int | None) -> str:
    """The same time as text: relative where it was asked for so, and exact."""
    if age is None or age % NANOSECONDS_PER_SECOND:
        return format_rfc3339(instant)
    seconds = age // NANOSECONDS_PER_SECOND
    text = ""
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return f"-{text or '0s'}"
