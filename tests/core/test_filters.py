"""Filters: what readers may ask for, canonical and checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.instants import parse_rfc3339
from server.core.model import Level
from server.core.query import EntryFilter, check_page_size, make_filter, parse_filter, parse_page_size

_SECOND = 1_000_000_000
_NOW = 1_777_777_777 * _SECOND + 5
_TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_nothing_asked_for_chooses_everything() -> None:
    assert parse_filter({}, _NOW) == EntryFilter() == make_filter()


def test_every_parameter_finds_its_field() -> None:
    filters = parse_filter(
        {
            "level": ["error,CRITICAL", "Warning"],
            "service": ["checkout", "billing", "checkout"],
            "component": ["api"],
            "code": ["E1"],
            "environment": ["production"],
            "traceId": [_TRACE.upper()],
            "groupId": ["ABC"],
            "debounceKey": ["Key"],
            "attribute.http.status_code": ["500", "503"],
            "attribute.user": [""],
            "from": ["2026-01-31T12:00:00.000000001+01:00"],
            "to": ["2026-01-31T11:00:00.000000002Z"],
            "pageSize": ["7"],
            "pageToken": ["x"],
            "apiKey": ["y"],
        },
        _NOW,
    )
    noon = parse_rfc3339("2026-01-31T11:00:00Z")
    assert filters == EntryFilter(
        levels=frozenset({Level.WARNING, Level.ERROR, Level.CRITICAL}),
        service=("billing", "checkout"),
        component=("api",),
        code=("E1",),
        environment=("production",),
        trace_id=(_TRACE,),
        group_id=("abc",),
        debounce_key=("Key",),
        attributes=(("http.status_code", ("500", "503")), ("user", ("",))),
        from_time=noon + 1,
        to_time=noon + 2,
    )


@given(st.permutations(["a", "b", "c"]), st.permutations([Level.INFO, Level.ERROR]), st.permutations(["x", "y"]))
def test_equal_questions_are_equal_filters(texts: list[str], levels: list[Level], names: list[str]) -> None:
    asked = make_filter(levels=levels * 2, service=texts * 2, attributes=dict.fromkeys(names, texts))
    same = make_filter(
        levels=[Level.ERROR, Level.INFO],
        service=["a", "b", "c"],
        attributes={"y": ["c", "b", "a"], "x": ["a", "b", "c"]},
    )
    assert asked == same
    assert hash(asked) == hash(same)


@pytest.mark.parametrize(
    ("text", "seconds"), [("-15m", 900), ("-24h", 86_400), ("-7d", 604_800), ("-1h30m", 5_400), ("-0s", 0)]
)
def test_a_relative_time_counts_back_from_now_and_is_remembered_as_such(text: str, seconds: int) -> None:
    filters = parse_filter({"from": [text]}, _NOW)
    assert (filters.from_time, filters.from_age) == (_NOW - seconds * _SECOND, seconds * _SECOND)
    filters = parse_filter({"to": [text]}, _NOW)
    assert (filters.to_time, filters.to_age) == (_NOW - seconds * _SECOND, seconds * _SECOND)


def test_an_unescaped_plus_of_an_offset_is_understood() -> None:
    filters = parse_filter({"from": ["2026-01-31T12:00:00 01:00"]}, _NOW)
    assert filters.from_time == parse_rfc3339("2026-01-31T12:00:00+01:00")


def test_an_empty_range_is_allowed() -> None:
    assert make_filter(from_time=5, to_time=5).to_time == 5


@pytest.mark.parametrize(
    ("parameters", "code", "field"),
    [
        ({"level": ["warn"]}, "INVALID_LEVEL", "level"),
        ({"level": ["error,"]}, "INVALID_LEVEL", "level"),
        ({"level": [""]}, "INVALID_LEVEL", "level"),
        ({"from": ["yesterday"]}, "INVALID_TIME_RANGE", "from"),
        ({"from": [""]}, "INVALID_TIME_RANGE", "from"),
        ({"to": ["2026-01-31T12:00:00"]}, "INVALID_TIME_RANGE", "to"),
        ({"to": ["15m"]}, "INVALID_TIME_RANGE", "to"),
        ({"from": ["-15"]}, "INVALID_TIME_RANGE", "from"),
        ({"from": ["-999999999999d"]}, "INVALID_TIME_RANGE", "from"),
        ({"from": ["-" + "9" * 100_000 + "d"]}, "INVALID_TIME_RANGE", "from"),
        ({"from": ["-1h", "-2h"]}, "INVALID_TIME_RANGE", "from"),
        ({"from": ["-1h"], "to": ["-2h"]}, "INVALID_TIME_RANGE", "from"),
        ({"traceId": ["abc"]}, "INVALID_FILTER", "traceId"),
        ({"traceId": ["x" * 32]}, "INVALID_FILTER", "traceId"),
        ({"service": [""]}, "INVALID_FILTER", "service"),
        ({"groupId": [""]}, "INVALID_FILTER", "groupId"),
        ({"service": [str(number) for number in range(101)]}, "INVALID_FILTER", "service"),
        ({"code": ["x" * 5_000]}, "INVALID_FILTER", "code"),
        ({"attribute.x": [str(number) for number in range(101)]}, "INVALID_FILTER", "attribute.x"),
        ({f"attribute.{number}": ["x"] for number in range(101)}, "INVALID_FILTER", "attribute.NAME"),
        ({"attribute." + "." * 5_000: ["x"]}, "INVALID_FILTER", "attribute.NAME"),
        ({"attribute.a" + ".b" * 41: ["x"]}, "INVALID_FILTER", ("attribute.a" + ".b" * 41)[:70]),
        ({"servise": ["x"]}, "INVALID_FILTER", "servise"),
        ({"attribute": ["x"]}, "INVALID_FILTER", "attribute"),
        ({"from_time": ["x"]}, "INVALID_FILTER", "from_time"),
        ({"q": ["- : -"]}, "INVALID_FILTER", "q"),
        ({"query": ["level:eror"]}, "INVALID_FILTER", "query"),
        ({"query": ["a", "b"]}, "INVALID_FILTER", "query"),
        ({"query": ["x" * 5_000]}, "INVALID_FILTER", "query"),
        ({"query": ["from:-1h"], "from": ["-2h"]}, "INVALID_TIME_RANGE", "from"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_is_refused_by_name(parameters: dict[str, list[str]], code: str, field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_filter(parameters, _NOW)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.description


def test_typed_times_beyond_what_can_be_kept_are_refused() -> None:
    for from_time, to_time in ((-(2**63) - 1, None), (None, 2**63)):
        with pytest.raises(InvalidField) as caught:
            make_filter(from_time=from_time, to_time=to_time)
        assert caught.value.code == "INVALID_TIME_RANGE"


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("50", 50), ("1000", 1000), ("0007", 7)])
def test_a_page_has_one_to_a_thousand_entries(text: str, size: int) -> None:
    assert parse_page_size(text) == check_page_size(size) == size


@pytest.mark.parametrize("text", ["", "0", "1001", "-1", "+1", "1.0", " 1", "x", "１", "²", "9" * 5_000])
def test_another_page_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_page_size(text)
    assert (caught.value.code, caught.value.field) == ("INVALID_PAGE_SIZE", "pageSize")
