"""The `tracking.*` attributes, by which a record, its scope or its resource says how it is to be treated."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from server.core.debounce import check_debounce_key
from server.core.errors import InvalidField
from server.core.fields import (
    MAX_TEXT_LENGTH,
    check_event_id,
    check_fingerprint,
    check_send_notification,
    level_from_word,
)
from server.core.intervals import parse_interval
from server.core.model import Debounce, Level

CONTROL_NAMES = frozenset(
    {
        "tracking.level",
        "tracking.debounce",
        "tracking.debounce.key",
        "tracking.debounce.max_interval",
        "tracking.send_notification",
        "tracking.event_id",
        "tracking.fingerprint",
        "tracking.component",
        "tracking.code",
    }
)
"""The attributes that are consumed; any other name is an attribute like all, with a warning if it begins so."""

_PREFIX = "tracking."
_UNKNOWN = "tracking.*"
"""Among what was said: there was a name that begins so and means nothing, likely by a slip."""
_UNKNOWN_WARNING = "unknown_tracking_attribute"


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What the API key adds to records that say nothing of it, and the bytes that an event may have."""

    debounce: Debounce | None = None
    component: str | None = None
    max_event_bytes: int = 1024 * 1024


class Controls(msgspec.Struct, frozen=True):
    """What the attributes asked for, checked. None = not said."""

    level: Level | None
    debounce: Debounce | Literal[False] | None
    send_notification: bool | None
    event_id: str | None
    fingerprint: str | None
    component: str | None
    code: str | None
    warnings: tuple[str, ...]


def take_controls(attributes: dict[str, Any]) -> dict[str, Any]:
    """Removes the control attributes and returns those that say something (an empty value says nothing)."""
    # Every record passes here, and almost none has any: one look at all names is enough.
    if _PREFIX not in "\n".join(attributes):
        return {}
    taken = {name: attributes.pop(name) for name in CONTROL_NAMES if name in attributes}
    said = {name: value for name, value in taken.items() if value is not None}
    if any(name.startswith(_PREFIX) for name in attributes):
        said[_UNKNOWN] = True
    return said


def read_controls(said: Mapping[str, Any], scope_name: str, defaults: Defaults) -> Controls:
    """Checks what was said, as REST checks it. Raises InvalidField naming the attribute."""
    get = said.get
    warnings = [_UNKNOWN_WARNING] if _UNKNOWN in said else []
    level, fingerprint = get("tracking.level"), get("tracking.fingerprint")
    component = _text(said, "tracking.component") or scope_name or defaults.component
    return Controls(
        None if level is None else level_from_word(level, field="tracking.level"),
        _debounce(said, defaults.debounce),
        check_send_notification(get("tracking.send_notification"), "tracking.send_notification"),
        check_event_id(get("tracking.event_id"), "tracking.event_id"),
        check_fingerprint(fingerprint, "tracking.fingerprint"),
        cut(component, warnings),
        cut(_text(said, "tracking.code"), warnings),
        tuple(warnings),
    )


def cut(text: str | None, warnings: list[str]) -> str | None:
    """At most the 200 characters that a field has, with a warning for the rest; None for an empty text."""
    if not text:
        return None
    if len(text) <= MAX_TEXT_LENGTH:
        return text
    if "text_cut" not in warnings:
        warnings.append("text_cut")
    return text[:MAX_TEXT_LENGTH]


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidField(f"{name} must be a string.", message=f"Invalid {name}", field=name)


def _debounce(said: Mapping[str, Any], default: Debounce | None) -> Debounce | Literal[False] | None:
    """A key or a window alone switches it on, unless it is switched off; what is not said comes from the default."""
    on = said.get("tracking.debounce")
    if on is not None and not isinstance(on, bool):
        raise InvalidField(
            "tracking.debounce must be true or false; a key and a window are attributes of their own.",
            code="INVALID_DEBOUNCE",
            message="Invalid tracking.debounce",
            field="tracking.debounce",
        )
    key = check_debounce_key(said.get("tracking.debounce.key"), "tracking.debounce.key")
    interval = said.get("tracking.debounce.max_interval")
    milliseconds = None if interval is None else parse_interval(interval, "tracking.debounce.max_interval")
    if on is False:
        return False
    if on is None and key is None and milliseconds is None:
        return default
    inherited = default or Debounce()
    return Debounce(
        inherited.key if key is None else key,
        inherited.interval_milliseconds if milliseconds is None else milliseconds,
    )
