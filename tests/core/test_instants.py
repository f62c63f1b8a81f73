"""Instants: RFC 3339 and nanoseconds since 1970."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.instants import EARLIEST, LATEST, format_rfc3339, parse_rfc3339

_SECOND = 1_000_000_000


@given(st.integers(EARLIEST, LATEST))
@example(EARLIEST)
@example(LATEST)
@example(0)
@example(-1)
def test_every_instant_survives_its_text(instant: int) -> None:
    assert parse_rfc3339(format_rfc3339(instant)) == instant


@given(st.datetimes(datetime(1678, 1, 1), datetime(2262, 4, 1)), st.integers(-23 * 60 - 59, 23 * 60 + 59))  # noqa: DTZ001 - hypothesis wants them naive
def test_offsets_mean_what_the_standard_library_says(local: datetime, offset_minutes: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_rfc3339(moment.isoformat()) == since // timedelta(microseconds=1) * 1000


@given(st.integers(EARLIEST, LATEST), st.integers(EARLIEST, LATEST))
def test_texts_with_equal_digits_sort_as_the_instants_do(one: int, other: int) -> None:
    def with_nine_digits(instant: int) -> str:
        second, fraction = divmod(instant, _SECOND)
        return f"{format_rfc3339(second * _SECOND)[:-1]}.{fraction:09d}"

    # The earliest second lies before the earliest instant, so the text of a whole second is asked for, not parsed.
    assert (one < other) == (with_nine_digits(one) < with_nine_digits(other))


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, "1970-01-01T00:00:01.500Z"),
        (1_000_020_000, "1970-01-01T00:00:01.000020Z"),
        (1_000_000_003, "1970-01-01T00:00:01.000000003Z"),
        (EARLIEST, "1677-09-21T00:12:43.145224192Z"),
        (LATEST, "2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_a_fraction_has_as_few_digits_as_are_exact(instant: int, text: str) -> None:
    assert format_rfc3339(instant) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-24t11:22:33z", "2026-11-24T11:22:33Z"),
        ("2026-11-24T11:22:33.1Z", "2026-11-24T11:22:33.100Z"),
        ("2026-11-24T11:22:33-00:00", "2026-11-24T11:22:33Z"),
        ("2026-11-24T01:22:33+05:30", "2026-11-23T19:52:33Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01T08:59:60.25+09:00", "2017-01-01T00:00:00.250Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ],
)
def test_one_instant_may_be_written_in_several_ways(text: str, same: str) -> None:
    assert format_rfc3339(parse_rfc3339(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-24",
        "2026-11-24T11:22:33",
        "2026-11-24 11:22:33Z",
        "2026-11-24T11:22Z",
        "2026-11-24T11:22:33.Z",
        "2026-11-24T11:22:33.1234567890Z",
        "2026-11-24T11:22:33+0100",
        "2026-11-24T11:22:33+24:00",
        "2026-11-24T11:22:33+01:60",
        "2026-11-24T24:00:00Z",
        "2026-11-24T12:00:60Z",
        "2026-11-24T11:22:61Z",
        "2026-13-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1677-09-21T00:12:43.145224191Z",
        "2262-04-11T23:47:16.854775808Z",
        "9999-12-31T23:59:59Z",
        "2026-11-24T11:22:33Z\n",
        "２０２６-11-24T11:22:33Z",
        "2026-11-24T11:22:33Z" * 10_000,
    ],
)
def test_any_other_text_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rfc3339(text)


@given(st.text())
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    with suppress(ValueError):
        parse_rfc3339(text)
