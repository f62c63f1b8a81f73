"""OpenTelemetry's values as JSON has them: what both encodings of a request come down to."""

import math
from base64 import b64encode
from typing import Any

TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8
_MOST_DIGITS = 100
"""Of a number in a text; 64 bits have 20."""


def whole_number(value: Any) -> int | None:
    """A whole number, as a number or in a text; None for anything else."""
    if type(value) is int:
        return value
    if type(value) is str:
        digits = value[1:] if value[:1] == "-" else value
        return int(value) if digits.isdigit() and digits.isascii() and len(digits) <= _MOST_DIGITS else None
    if type(value) is float and value.is_integer():
        return int(value)
    return None


def json_double(number: float) -> float | str:
    """A double; NaN and the infinities, which are no JSON numbers, are the texts that protobuf's JSON has for them."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def base64_text(data: bytes) -> str:
    """Bytes as text."""
    return b64encode(data).decode()


def hex_id(data: bytes, length: int) -> str | None:
    """An id of `length` bytes as lower-case hex; None for zeros and for any other length."""
    return data.hex() if len(data) == length and any(data) else None


def id_warnings(trace_id: bytes, span_id: bytes) -> tuple[str, ...]:
    """What it cost to drop the ids that are none: zeros of any length are no id, and cost nothing."""
    warnings = ("invalid_trace_id",) if any(trace_id) and len(trace_id) != TRACE_ID_BYTES else ()
    return (*warnings, "invalid_span_id") if any(span_id) and len(span_id) != SPAN_ID_BYTES else warnings
