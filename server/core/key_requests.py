"""What may be asked of an API key: each field checked once, for REST and the command line alike."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from server.core.debounce import check_debounce
from server.core.errors import InvalidField
from server.core.fields import check_text
from server.core.keys import KINDS, SCOPES, is_origin_pattern
from server.core.model import Debounce, KeyKind, Scope

MAX_RATE = 1_000_000_000
"""Events a second."""
MAX_ORIGINS = 100
MAX_ORIGIN_LENGTH = 300

_FIELDS = ("name", "kind", "scopes", "origins", "rate", "otlpDebounce", "otlpComponent")
_INGEST: frozenset[Scope] = frozenset({"ingest"})


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that is to be made, valid as a whole. `rate` and what is for OTLP as in `ApiKey`."""

    name: str | None = None
    kind: KeyKind = "server"
    scopes: frozenset[Scope] = _INGEST
    origins: tuple[str, ...] = ()
    rate: int | None = None
    otlp_debounce: Debounce | None = None
    otlp_component: str | None = None


class KeyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a key; None = stays as it is. An empty text, or False, takes away what there was."""

    name: str | None = None
    scopes: frozenset[Scope] | None = None
    origins: tuple[str, ...] | None = None
    rate: int | None = None
    otlp_debounce: Debounce | Literal[False] | None = None
    otlp_component: str | None = None

    @property
    def changed(self) -> dict[str, Any]:
        """What a key has from now on, by the names of `ApiKey`: only what is to change."""
        asked = {name: getattr(self, name) for name in self.__struct_fields__}
        values = {name: value for name, value in asked.items() if value is not None}
        return {name: None if value is False or value == "" else value for name, value in values.items()}


def read_new_key(fields: Mapping[str, Any]) -> NewKey:
    """A new key from decoded JSON; null is absent. Raises InvalidField, naming the field."""
    _refuse_others(fields)
    scopes, origins = fields.get("scopes"), fields.get("origins")
    new = NewKey(
        name=check_name(fields.get("name")),
        kind=check_kind(fields.get("kind")),
        scopes=_INGEST if scopes is None else check_scopes(scopes),
        origins=() if origins is None else check_origins(origins),
        rate=check_rate(fields.get("rate")),
        otlp_debounce=check_debounce(fields.get("otlpDebounce"), "otlpDebounce") or None,
        otlp_component=check_name(fields.get("otlpComponent"), "otlpComponent"),
    )
    check_combination(new.kind, scopes=new.scopes, origins=new.origins)
    return new


def read_key_changes(fields: Mapping[str, Any]) -> KeyChanges:
    """Changes from decoded JSON; null is absent. Raises InvalidField, naming the field."""
    if fields.get("kind") is not None:
        raise _invalid("kind", "The kind of a key cannot change: create another key.")
    _refuse_others(fields)
    scopes, origins = fields.get("scopes"), fields.get("origins")
    return KeyChanges(
        name=_name_or_none_any_more(fields, "name"),
        scopes=None if scopes is None else check_scopes(scopes),
        origins=None if origins is None else check_origins(origins),
        rate=check_rate(fields.get("rate")),
        otlp_debounce=check_debounce(fields.get("otlpDebounce"), "otlpDebounce"),
        otlp_component=_name_or_none_any_more(fields, "otlpComponent"),
    )


def check_name(value: Any, field: str = "name") -> str | None:
    """At most 200 characters that can be seen; nothing and the empty string are absent."""
    name = check_text(value, field)
    if name is not None and (not name.isprintable() or name.isspace()):
        raise _invalid(field, f"{field} must consist of visible characters.")
    return name


def check_kind(value: Any) -> KeyKind:
    """`server` or `browser`; None is server."""
    if value is None:
        return "server"
    for kind in KINDS:
        if value == kind:
            return kind
    raise _invalid("kind", f"kind must be one of {', '.join(KINDS)}.")


def check_scopes(value: Any) -> frozenset[Scope]:
    """A list of at least one scope."""
    if not isinstance(value, list) or not value or not all(scope in SCOPES for scope in value):
        raise _invalid("scopes", f"scopes must be a list of at least one of {', '.join(SCOPES)}.")
    return frozenset(scope for scope in SCOPES if scope in value)


def check_origins(value: Any) -> tuple[str, ...]:
    """A list of origin patterns, in the order given, each once."""
    if not isinstance(value, list) or len(value) > MAX_ORIGINS:
        raise _invalid("origins", f"origins must be a list of at most {MAX_ORIGINS} origins.")
    for origin in value:
        if not _is_origin(origin):
            raise _invalid(
                "origins",
                "An origin is scheme://host[:port] without a path, such as https://shop.example;"
                " https://*.shop.example for one label more, or * for every page.",
            )
    return tuple(dict.fromkeys(value))


def check_rate(value: Any) -> int | None:
    """Events a second, a whole number; 0 = unlimited, None = the server's default."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_RATE:
        raise _invalid("rate", f"rate must be a whole number of events a second, 0 (unlimited) to {MAX_RATE}.")
    return value


def check_combination(kind: KeyKind, *, scopes: frozenset[Scope], origins: tuple[str, ...]) -> None:
    """Return if a key of this kind may have these; browser keys are public, so they only ingest."""
    if kind == "browser" and scopes != _INGEST:
        raise _invalid("scopes", "A browser key can be read by everybody: its only scope is ingest.")
    if kind == "browser" and not origins:
        raise _invalid("origins", "A browser key needs at least one origin, such as https://shop.example, or *.")
    if kind == "server" and origins:
        raise _invalid("origins", "Only browser keys are bound to origins; leave them out or make it a browser key.")


def _name_or_none_any_more(fields: Mapping[str, Any], field: str) -> str | None:
    value = fields.get(field)
    return "" if value == "" else check_name(value, field)


def _is_origin(value: Any) -> bool:
    # Visible ASCII: browsers send hosts in punycode, and stores join origins with spaces.
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_ORIGIN_LENGTH
        and value.isascii()
        and value.isprintable()
        and " " not in value
        and is_origin_pattern(value)
    )


def _refuse_others(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in _FIELDS:
            shown = name[:100]
            raise _invalid(shown, f"A key has no field {shown!a}; there are {', '.join(_FIELDS)}.")


def _invalid(field: str, description: str) -> InvalidField:
    return InvalidField(description, message=f"Invalid {field}", field=field)
