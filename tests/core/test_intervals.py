"""Intervals: what people write, in milliseconds."""

from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.intervals import format_interval, interval_from_milliseconds, parse_interval, parse_units

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        (10, 10 * _MINUTE),
        (1.5, 90 * _SECOND),
        (0.0166667, _SECOND),
        (1 / 60, _SECOND),
        (0.5000083, 30_000),
        (1440, _DAY),
        ("10", 10 * _MINUTE),
        ("007", 7 * _MINUTE),
        ("10m", 10 * _MINUTE),
        ("10 min", 10 * _MINUTE),
        ("10MIN", 10 * _MINUTE),
        ("1h 30m", 90 * _MINUTE),
        ("1h30m", 90 * _MINUTE),
        ("30M1H", 90 * _MINUTE),
        ("  2 hr  5 min ", 125 * _MINUTE),
        ("90s", 90 * _SECOND),
        ("1s", _SECOND),
        ("1d", _DAY),
        ("24h", _DAY),
        ("0h 1m", _MINUTE),
    ],
)
def test_what_people_write_is_understood(value: object, milliseconds: int) -> None:
    assert parse_interval(value) == milliseconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        0.0,
        -1,
        1e-9,
        0.9 / 60,
        1440.1,
        1441,
        10**400,
        1e300,
        float("nan"),
        float("inf"),
        float("-inf"),
        [],
        {},
        b"10m",
        "",
        " ",
        "0",
        "0s",
        "-10",
        "+10",
        "1.5",
        "1.5h",
        "10 20",
        "10x",
        "10ms",
        "1sec",
        "1w",
        "m",
        "m10",
        "10m5",
        "1m 1m",
        "1m 1min",
        "1h 1hr",
        "1h, 30m",
        "1h\n30m",
        "1441",
        "25h",
        "1d 1s",
        "999ms",
        "9" * 5_000,
        "9" * 5_000 + "m",
        " " * 100_000 + "m",
        "1 " * 100_000,
        "１０m",
        "٣m",
        "10ｍ",
        "10ſ",
        "10m\0",
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(value: object) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_interval(value)
    assert caught.value.code == "INVALID_DEBOUNCE_INTERVAL"
    assert caught.value.field == "useDebounce.maxInterval"
    assert "1h 30m" in caught.value.description
    assert "1 second to 24 hours" in caught.value.description


@given(st.one_of(st.text(), st.integers(), st.floats(), st.text(alphabet="0123456789 smhdinrSMHD.-")))
def test_no_value_raises_anything_else(value: object) -> None:
    try:
        milliseconds = parse_interval(value)
    except InvalidField:
        return
    assert _SECOND <= milliseconds <= _DAY


@given(st.integers(1, 86_400))
@example(1)
@example(86_400)
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert parse_interval(format_interval(seconds * _SECOND)) == seconds * _SECOND


@given(
    st.dictionaries(st.sampled_from(["s", "m", "h"]), st.integers(0, 7), min_size=1),
    st.sampled_from(["", " ", "   "]),
    st.booleans(),
)
def test_the_order_of_parts_plays_no_part(parts: dict[str, int], space: str, is_upper: bool) -> None:
    readings = set()
    for order in permutations(parts.items()):
        text = space.join(f"{number}{space}{unit}" for unit, number in order)
        readings.add(parse_units(text.upper() if is_upper else text))
    assert readings == {sum(parts.get(unit, 0) * size for unit, size in (("s", _SECOND), ("m", _MINUTE), ("h", _HOUR)))}


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (10 * _MINUTE, "10m"),
        (90 * _MINUTE, "1h 30m"),
        (_DAY, "1d"),
        (7 * _DAY, "7d"),
        (90_500, "1m 30.5s"),
        (1, "0.001s"),
        (0, "0s"),
    ],
)
def test_an_interval_is_shown_in_the_largest_units(milliseconds: int, text: str) -> None:
    assert format_interval(milliseconds) == text


def test_units_alone_know_no_longest_interval() -> None:
    assert parse_units("7d") == 7 * _DAY
    assert parse_units("7") is None


@pytest.mark.parametrize("milliseconds", [_SECOND, _DAY])
def test_the_bounds_belong_to_the_range(milliseconds: int) -> None:
    assert interval_from_milliseconds(milliseconds) == milliseconds


@pytest.mark.parametrize("milliseconds", [None, 0, -1, _SECOND - 1, _DAY + 1, 10**30])
def test_beyond_the_bounds_is_the_same_error_as_for_text(milliseconds: int | None) -> None:
    with pytest.raises(InvalidField) as caught:
        interval_from_milliseconds(milliseconds)
    assert caught.value.code == "INVALID_DEBOUNCE_INTERVAL"
