"""JSON as clients send it."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidJson
from server.core.json_text import MAX_JSON_DEPTH, json_depth, read_json

MEBIBYTE = 1024 * 1024
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('[]{}"\\a\0é'),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text('[{"\\', max_size=3), values, max_size=4),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    """How deeply the containers of a value are nested."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(VALUES, st.booleans())
def test_json_is_read_as_everybody_reads_it_and_its_depth_is_known(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert read_json(text) == value
    assert json_depth(text) == depth_of(value)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_512_levels_are_read_and_one_more_is_not(opening: bytes, closing: bytes) -> None:
    def nested(levels: int) -> bytes:
        return opening * levels + b"1" + closing * levels

    assert json_depth(nested(MAX_JSON_DEPTH)) == MAX_JSON_DEPTH
    read_json(nested(MAX_JSON_DEPTH))
    for levels in (MAX_JSON_DEPTH + 1, 10_000):
        with pytest.raises(InvalidJson):
            read_json(nested(levels))


@pytest.mark.parametrize("digits", [101, 4300, 4301, 100_000])
def test_an_integer_of_any_length_is_read_and_is_a_number(digits: int) -> None:
    (number,) = read_json(b"[-%b]" % (b"7" * digits))
    assert isinstance(number, int | Decimal)
    assert Decimal(number) == Decimal("-" + "7" * digits)


HOSTILE = {
    "lists beside one another": b"[" + b",".join([b"[]"] * 1_700_000) + b"]",
    "an integer of megabytes": b"[" + b"9" * 5 * MEBIBYTE + b"]",
    "a text of escapes": b'["' + rb"\"" * 2_500_000 + b'"' + b",[]" * MAX_JSON_DEPTH + b"]",
    "texts of brackets": b"[" + b",".join([b'"[{"'] * 1_000_000) + b"]",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_made_to_be_slow_does_not_hang(text: bytes) -> None:
    begin = time.process_time()
    read_json(text)
    # Seconds where it hung for minutes: a bound for a hang, not for a speed.
    assert time.process_time() - begin < 60
