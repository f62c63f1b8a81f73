"""Attributes as they are kept: one compact JSON object in bytes, within what every store and door can carry.

Almost every event is clean, and its encoded bytes alone show it: few brackets mean shallow, no escaped NUL means
no NUL in a key, no run of nineteen digits means no integer outside int64. Only the others are walked.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from server.core.json_text import MAX_JSON_DEPTH, json_depth, too_deep

MAX_LEVELS = 40
"""Nested containers that are kept as such, `attributes` itself being the first."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19
_ESCAPED_NUL = rb"\u0000"
_PLAIN = frozenset({str, float, bool, type(None)})
_encode = msgspec.json.Encoder().encode


def pack_attributes(attributes: Mapping[str, Any]) -> tuple[bytes, tuple[str, ...]]:
    """Compact JSON of an object and the warnings it earned; b"" for an empty one.

    Raises InvalidJson where the nesting is deeper than JSON may be.
    """
    return pack_value(attributes) if attributes else (b"", ())


def pack_value(value: Any) -> tuple[bytes, tuple[str, ...]]:
    """Compact JSON of any value, kept by the same rules; a container is the first level of its own nesting."""
    try:
        packed = _encode(value)
    except RecursionError as error:
        raise too_deep() from error
    if _is_clean(packed):
        return packed, ()
    depth = json_depth(packed)
    if depth > MAX_JSON_DEPTH:
        raise too_deep()
    if depth <= MAX_LEVELS and _has_clean_texts(packed):
        return packed, ()
    warnings: set[str] = set()
    kept = _keep(value, 1, warnings)
    return _encode(kept), tuple(sorted(warnings))


def _is_clean(packed: bytes) -> bool:
    return packed.count(b"{") + packed.count(b"[") <= MAX_LEVELS and _has_clean_texts(packed)


def _has_clean_texts(packed: bytes) -> bool:
    # Much faster than a regular expression, and every event passes here.
    return _ESCAPED_NUL not in packed and _NINETEEN_DIGITS not in packed.translate(_DIGITS_AS_ZEROS)


def _keep(value: Any, level: int, warnings: set[str]) -> Any:
    if isinstance(value, Mapping):
        return _keep_object(value, level, warnings) if level <= MAX_LEVELS else _as_text(value, warnings)
    if isinstance(value, list):
        return _keep_list(value, level, warnings) if level <= MAX_LEVELS else _as_text(value, warnings)
    if isinstance(value, int | Decimal) and not _INT64_MIN <= value <= _INT64_MAX:
        warnings.add("number_as_text")
        return str(value)
    return value


def _as_text(value: Any, warnings: set[str]) -> str:
    warnings.add("nesting_as_text")
    return _encode(value).decode()


def _keep_list(value: list[Any], level: int, warnings: set[str]) -> list[Any]:
    # A list may have millions of elements: most of them are settled here.
    return [
        item
        if type(item) in _PLAIN or (type(item) is int and _INT64_MIN <= item <= _INT64_MAX)
        else _keep(item, level + 1, warnings)
        for item in value
    ]


def _keep_object(value: Mapping[str, Any], level: int, warnings: set[str]) -> dict[str, Any]:
    kept = {}
    for key, member in value.items():
        if "\0" in key:
            warnings.add("nul_in_key")
            key = key.replace("\0", "\N{REPLACEMENT CHARACTER}")  # noqa: PLW2901 - the key is the same one, mended
        kept[key] = member if type(member) in _PLAIN else _keep(member, level + 1, warnings)
    return kept
