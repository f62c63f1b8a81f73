"""JSON as clients send it: RFC 8259, at most 512 levels deep, integers of any length."""

import json
import math
import re
from decimal import Decimal
from itertools import accumulate
from typing import Any

import msgspec

from server.core.errors import InvalidJson

MAX_JSON_DEPTH = 512
"""Nested containers that are still JSON to us."""

_MOST_DIGITS = 100
"""Of an integer that is read as an int; int64 has 19. Longer ones are Decimals: an int's time grows with the square."""
# Nothing is given back: otherwise a long string would cost many times its size.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""A whole pair, a half of one (the group), or any other escape, so that the second of two backslashes begins none."""
MENDED_HALF_PAIR = rb"\uFfFd"
"""Nobody else writes U+FFFD like this."""
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_decode = msgspec.json.Decoder().decode


def read_json(body: bytes) -> Any:
    """A JSON value. Raises InvalidJson for anything RFC 8259 or our limits forbid."""
    value = decode_json(body)
    if body.count(b"[") + body.count(b"{") > MAX_JSON_DEPTH and json_depth(body) > MAX_JSON_DEPTH:
        raise too_deep()
    return value


def decode_json(text: bytes | str) -> Any:
    """The same without the limit on depth: for what `pack_attributes` will look at."""
    try:
        return _decode(text)
    except RecursionError:
        raise too_deep() from None
    except UnicodeError:
        raise InvalidJson("The body is not valid UTF-8.") from None
    except msgspec.MsgspecError as error:
        return _read_huge_integers(text, error)


def mend_half_pairs(text: bytes) -> bytes:
    """The JSON with `MENDED_HALF_PAIR`, which reads as U+FFFD, for each half of a surrogate pair.

    A program whose texts are UTF-16 makes one when it cuts a text in the middle of a character.
    """
    return _ESCAPE.sub(_mended_escape, text)


def _mended_escape(escape: re.Match[bytes]) -> bytes:
    return MENDED_HALF_PAIR if escape[1] is not None else escape[0]


def json_depth(text: bytes) -> int:
    """How deeply the containers of a valid JSON text are nested."""
    steps = _STRING.sub(b"", text).translate(_STEPS, _NO_BRACKETS)
    # As signed bytes they are +1 and -1.
    return max(accumulate(memoryview(steps).cast("b")), default=0)


def too_deep() -> InvalidJson:
    """The error for JSON that is nested beyond all use."""
    return InvalidJson(f"The JSON is nested more than {MAX_JSON_DEPTH} levels deep.")


def _reason(text: bytes | str, error: str) -> str:
    if error.startswith("Number out of range"):
        return "A number is outside what a double can hold (about 1.8e308): send it as text."
    if "surrogate" in error or ("truncated" in error and _SURROGATE.search(text if isinstance(text, bytes) else b"")):
        return "A text has half of a surrogate pair, such as \\ud83d alone: a character was cut in two."
    return f"The body is not JSON: {error}."


def _read_huge_integers(text: bytes | str, error: msgspec.MsgspecError) -> Any:
    """An integer of thousands of digits is JSON all the same."""
    if "Integer value out of range" not in str(error):
        raise InvalidJson(_reason(text, str(error))) from None
    try:
        value = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_finite)
        # This decoder lets lone surrogates pass; they cannot be encoded.
        msgspec.json.encode(value)
    except (ValueError, RecursionError):
        raise InvalidJson from None
    return value


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
