"""Debouncing: what a client may ask for, which window an event belongs to, and what a repeat adds.

Pure policy. The store does the one atomic thing: it claims a window or adds to the entry that opened it.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

from server.core.errors import InvalidField
from server.core.fields import MAX_TEXT_LENGTH
from server.core.intervals import format_interval, parse_interval
from server.core.model import NANOSECONDS_PER_MILLISECOND, Debounce, LogEvent, Window

DEFAULT_INTERVAL_MILLISECONDS = 10 * 60 * 1000
"""An organisation's default window until it chooses another."""

SAMPLE_NUMBERS = (2, 3, 10, 100, 1000)
"""Which events of a window are kept beside the first."""

_MEMBERS = frozenset({"key", "customKey", "maxInterval"})
_ON = Debounce()


def check_debounce(value: Any, field: str = "useDebounce") -> Debounce | Literal[False] | None:
    """`useDebounce` as JSON: a boolean, an object with `key` (or `customKey`) and `maxInterval`, or nothing."""
    if value is None or value is False:
        return value
    if value is True:
        return _ON
    if not isinstance(value, dict):
        raise _invalid(f"{field} must be true, false or an object with key and maxInterval.", field)
    for member in value:
        if member not in _MEMBERS and value[member] is not None:
            raise _invalid(f"{field} has no member {member[:60]!r}.", f"{field}.{member[:60]}")
    interval = value.get("maxInterval")
    milliseconds = None if interval is None else parse_interval(interval, field=f"{field}.maxInterval")
    return Debounce(_key(value, field), milliseconds)


def check_debounce_key(value: Any, field: str = "useDebounce.key") -> str | None:
    """1 to 200 characters, or nothing."""
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT_LENGTH:
        return value
    raise InvalidField(
        f"A debounce key must be a string of 1 to {MAX_TEXT_LENGTH} characters.",
        code="INVALID_DEBOUNCE_KEY",
        message="Invalid debounce key",
        field=field,
    )


def debounce_json(debounce: Debounce | None) -> dict[str, str | float] | Literal[True] | None:
    """What `check_debounce` reads as this: true, or an object with what it names; None for none."""
    if debounce is None:
        return None
    members: dict[str, str | float] = {}
    if debounce.key is not None:
        members["key"] = debounce.key
    if (interval := debounce.interval_milliseconds) is not None:
        # Text has no fractions; a number is minutes.
        members["maxInterval"] = interval / 60_000 if interval % 1_000 else format_interval(interval)
    return members or True


def window_of(
    event: LogEvent,
    debounce: Debounce,
    organisation_id: int,
    group: str | None,
    default_interval_milliseconds: int = DEFAULT_INTERVAL_MILLISECONDS,
) -> Window:
    """The window an event asks for. `group` is its group's id, the key where the client named none."""
    key = debounce.key if debounce.key is not None else group
    assert key is not None
    interval = debounce.interval_milliseconds or default_interval_milliseconds
    return _window(organisation_id, event.level, key, interval)


def window_identity(organisation_id: int, level: int, key: str) -> bytes:
    """What makes two windows the same: organisation, level and key."""
    return blake2b(b"%d/%d/" % (organisation_id, level) + key.encode(), digest_size=16).digest()


def is_sample(count_before: int, count_after: int) -> bool:
    """Whether the event that moves a window's count from one number to the other is kept as a sample."""
    return any(count_before < number <= count_after for number in SAMPLE_NUMBERS)


def _key(value: dict[str, Any], field: str) -> str | None:
    key = check_debounce_key(value.get("key"), f"{field}.key")
    custom_key = check_debounce_key(value.get("customKey"), f"{field}.customKey")
    if key is not None and custom_key is not None and key != custom_key:
        raise InvalidField(
            "key and customKey mean the same; send one of them.",
            code="INVALID_DEBOUNCE_KEY",
            message="Invalid debounce key",
            field=f"{field}.customKey",
        )
    return key if key is not None else custom_key


def _invalid(description: str, field: str) -> InvalidField:
    return InvalidField(description, code="INVALID_DEBOUNCE", message=f"Invalid {field.partition('.')[0]}", field=field)


# Remembered, because a storm asks for one window again and again.
@lru_cache(maxsize=4096)
def _window(organisation_id: int, level: int, key: str, interval_milliseconds: int) -> Window:
    identity = window_identity(organisation_id, level, key)
    return Window(identity, key, interval_milliseconds * NANOSECONDS_PER_MILLISECOND)
