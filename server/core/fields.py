"""What each field of an event may be. One function a field, shared by every door; errors name code and field."""

import difflib
from typing import Any

from server.core.errors import InvalidField
from server.core.instants import parse_rfc3339
from server.core.model import LEVELS_BY_WORD, Level

MAX_TEXT_LENGTH = 200
"""Characters of service, component, code, environment, release, fingerprint, debounce key and event id."""

_NEAREST = {
    "warn": "warning",
    "debug": "info",
    "trace": "info",
    "verbose": "info",
    "notice": "info",
    "log": "info",
    "ok": "success",
    "err": "error",
    "fail": "error",
    "severe": "error",
    "exception": "error",
    "fatal": "critical",
    "crit": "critical",
    "emergency": "critical",
    "emerg": "critical",
    "alert": "critical",
    "panic": "critical",
}
"""What loggers send, and which of our words means it."""


def check_message(value: Any) -> str:
    """A string with at least one character that is not white space."""
    if isinstance(value, str) and value and not value.isspace():
        return value
    if value is None or isinstance(value, str):
        problem = "A message is required: a string with at least one visible character."
    else:
        problem = "The message must be a string: serialise it (JSON in a string is fine)."
    raise InvalidField(problem, code="INVALID_MESSAGE", message="Invalid message", field="message")


def check_level(value: Any) -> Level:
    """One of the five words, in any case; None is info."""
    if value is None:
        return Level.INFO
    level = LEVELS_BY_WORD.get(value) if isinstance(value, str) else None
    return level if level is not None else level_from_word(value)


def level_from_word(value: Any, *, field: str = "level") -> Level:
    """A level's word in any case; InvalidField names the nearest of the five otherwise."""
    word = value.strip().casefold() if isinstance(value, str) else ""
    level = LEVELS_BY_WORD.get(word)
    if level is not None:
        return level
    close = difflib.get_close_matches(word[:20], LEVELS_BY_WORD, n=1, cutoff=0.5)
    nearest = _NEAREST.get(word) or next(iter(close), "")
    hint = f" Did you mean '{nearest}'?" if nearest else ""
    raise InvalidField(
        f"The level must be one of {', '.join(LEVELS_BY_WORD)}.{hint}",
        code="INVALID_LEVEL",
        message="Invalid level",
        field=field,
    )


def check_send_notification(value: Any, field: str = "sendNotification") -> bool | None:
    """A JSON boolean or nothing."""
    if value is None or isinstance(value, bool):
        return value
    raise InvalidField(
        f"{field} must be true or false.",
        code="INVALID_SEND_NOTIFICATION",
        message=f"Invalid {field}",
        field=field,
    )


def check_event_id(value: Any, field: str = "eventId") -> str | None:
    """1 to 200 characters, or nothing."""
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT_LENGTH:
        return value
    raise InvalidField(
        f"{field} must be a string of 1 to {MAX_TEXT_LENGTH} characters.",
        code="INVALID_EVENT_ID",
        message="Invalid event id",
        field=field,
    )


def check_event_time(value: Any) -> int | None:
    """RFC 3339 text with an offset, as nanoseconds since 1970; or nothing."""
    if value is None:
        return None
    try:
        return parse_rfc3339(value)
    except (TypeError, ValueError) as error:
        raise InvalidField(
            "eventTime must be RFC 3339 with an offset, such as 2026-01-31T12:00:00.5Z, between 1678 and 2262.",
            code="INVALID_EVENT_TIME",
            message="Invalid event time",
            field="eventTime",
        ) from error


def check_text(value: Any, field: str) -> str | None:
    """A string of at most 200 characters; nothing and the empty string are absent."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH:
        return value
    raise InvalidField(
        f"{field} must be a string of at most {MAX_TEXT_LENGTH} characters.", message=f"Invalid {field}", field=field
    )


def check_fingerprint(value: Any, field: str = "fingerprint") -> str | None:
    """1 to 200 characters, or nothing."""
    if value == "":
        raise InvalidField(
            f"{field} must be a string of 1 to {MAX_TEXT_LENGTH} characters.",
            message=f"Invalid {field}",
            field=field,
        )
    return check_text(value, field)


def check_attributes(value: Any) -> dict[str, Any]:
    """An object; nothing is an empty one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise InvalidField(
        "attributes must be an object.", code="INVALID_ATTRIBUTES", message="Invalid attributes", field="attributes"
    )
