"""OpenTelemetry's values in OTLP's JSON, read into plain values: the same as from protobuf."""

import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from otel_bridge.json_fields import WrongValue
from otel_bridge.records import NO_BODY
from otel_bridge.values import base64_text, json_double, whole_number
from server.core.json_text import MAX_JSON_DEPTH

MOST_LEVELS = MAX_JSON_DEPTH // 4
"""Of values in values; a value in an object takes four levels of JSON."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400
_SPECIAL = frozenset({"NaN", "Infinity", "-Infinity"})
_URL_SAFE = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


def read_attributes(owner: dict[str, Any]) -> dict[str, Any]:
    """The member `attributes` as an object; of equal keys the last wins."""
    pairs = owner.get("attributes")
    try:
        return {} if pairs is None else _read_pairs(pairs, 1)
    except WrongValue as error:
        raise error.under("attributes") from None


def read_body(value: Any) -> tuple[str, Any]:
    """A record's body: the text if it is one, else no text and the value; NO_BODY where there is none."""
    try:
        kind, inner = _kind_of(value)
        if kind == "":
            return "", NO_BODY
        read = _KINDS[kind](inner, 1)
    except WrongValue as error:
        raise error.under("body") from None
    return (read, NO_BODY) if _KINDS[kind] is _string else ("", read)


def _read_pairs(pairs: Any, level: int) -> dict[str, Any]:
    if type(pairs) is not list:
        raise WrongValue("must be an array of objects with key and value")
    values: dict[str, Any] = {}
    for index, pair in enumerate(pairs):
        if pair is None:
            continue
        # Most pairs have a text.
        if type(pair) is dict and type(key := pair.get("key")) is str and type(value := pair.get("value")) is dict:
            text = value.get("stringValue")
            if type(text) is str and len(value) == 1:
                values[key] = text
                continue
        try:
            key = _key_of(pair)
            values[key] = _read_below(pair.get("value"), "value", level)
        except WrongValue as error:
            raise error.under(index) from None
    return values


def _key_of(pair: Any) -> str:
    if type(pair) is not dict:
        raise WrongValue("must be an object with key and value")
    key = pair.get("key")
    if type(key) is str:
        return key
    if key is None:
        return ""
    raise WrongValue("must be a string", "key")


def _read_below(value: Any, name: str | int, level: int) -> Any:
    try:
        kind, inner = _kind_of(value)
        return _KINDS[kind](inner, level) if kind else None
    except WrongValue as error:
        raise error.under(name) from None


def _kind_of(value: Any) -> tuple[str, Any]:
    """Which of the members says the value, and that member: the last one, "" if there is none."""
    found: tuple[str, Any] = ("", None)
    if value is None:
        return found
    if type(value) is not dict:
        raise WrongValue('must be an object that names its kind, such as {"stringValue": "text"}')
    for kind, inner in value.items():
        if inner is not None and kind in _KINDS:
            found = kind, inner
    return found


def _string(value: Any, _level: int) -> str:
    if type(value) is str:
        return value
    raise WrongValue("must be a string", "stringValue")


def _bool(value: Any, _level: int) -> bool:
    if type(value) is bool:
        return value
    raise WrongValue("must be true or false", "boolValue")


def _int(value: Any, _level: int) -> int:
    number = whole_number(value)
    if number is None or not -(2**63) <= number < 2**63:
        raise WrongValue("must be a whole number of 64 bits, as a number or as text", "intValue")
    return number


def _double(value: Any, _level: int) -> float | str:
    if type(value) is str:
        if value in _SPECIAL:
            return value
        if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            value = None
    try:
        number = float(value) if type(value) in {int, float, str} else None
    except OverflowError:
        number = None
    # A number is finite: what has no double is told, not turned into an infinity.
    if number is None or type(json_double(number)) is str:
        raise WrongValue('must be a number that fits a double, or "NaN", "Infinity" or "-Infinity"', "doubleValue")
    return number


def _bytes(value: Any, _level: int) -> str:
    if type(value) is str:
        bare = value.translate(_URL_SAFE).rstrip("=")
        if len(bare) % 4 != 1 and _BASE64.fullmatch(bare):
            return base64_text(b64decode(bare + "=" * (-len(bare) % 4)))
    raise WrongValue("must be base64", "bytesValue")


def _array(value: Any, level: int) -> list[Any]:
    elements = _values_of(value, "arrayValue", level)
    try:
        return [_read_below(element, index, level + 1) for index, element in enumerate(elements)]
    except WrongValue as error:
        raise error.under("arrayValue", "values") from None


def _object(value: Any, level: int) -> dict[str, Any]:
    pairs = _values_of(value, "kvlistValue", level)
    try:
        return _read_pairs(pairs, level + 1)
    except WrongValue as error:
        raise error.under("kvlistValue", "values") from None


def _values_of(value: Any, kind: str, level: int) -> list[Any]:
    if type(value) is not dict:
        raise WrongValue("must be an object with values", kind)
    if level >= MOST_LEVELS:
        raise WrongValue(f"is nested more than {MOST_LEVELS} levels deep", kind)
    values = value.get("values")
    if values is None:
        return []
    if type(values) is list:
        return values
    raise WrongValue("must be an array", kind, "values")


_KINDS: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": _string,
    "string_value": _string,
    "intValue": _int,
    "int_value": _int,
    "boolValue": _bool,
    "bool_value": _bool,
    "doubleValue": _double,
    "double_value": _double,
    "kvlistValue": _object,
    "kvlist_value": _object,
    "arrayValue": _array,
    "array_value": _array,
    "bytesValue": _bytes,
    "bytes_value": _bytes,
}
