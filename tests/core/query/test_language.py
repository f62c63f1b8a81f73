"""The query string for people, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.instants import parse_rfc3339
from server.core.model import Level
from server.core.query import Comparison, Condition, EntryFilter, format_query, make_filter, parse_query
from tests.support.searching import FILTERS, TRACES

_SECOND = 1_000_000_000
_NOW = 1_777_777_777 * _SECOND + 5


def asked(text: str) -> EntryFilter:
    return parse_query(text, _NOW)


def condition(field: str, *comparisons: Comparison, is_negated: bool = False) -> EntryFilter:
    return make_filter(conditions=[Condition(field, comparisons, is_negated)])


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("  \t\n", {}),
        ("level:error,Critical", {"levels": [Level.ERROR, Level.CRITICAL]}),
        ("level:error level:critical", {"levels": [Level.ERROR, Level.CRITICAL]}),
        ("level:>=error", {"levels": [Level.ERROR, Level.CRITICAL]}),
        ("level:>info level:<error", {"levels": [Level.SUCCESS, Level.WARNING]}),
        ("-level:info,success,warning", {"levels": [Level.ERROR, Level.CRITICAL]}),
        ("level:*", {}),
        ("service:checkout", {"service": ["checkout"]}),
        ('service:checkout,"shop page" service:x', {"service": ["checkout", "shop page", "x"]}),
        ("component:api code:E1 environment:test", {"component": ["api"], "code": ["E1"], "environment": ["test"]}),
        (f"trace:{TRACES[0].upper()}", {"trace_id": [TRACES[0]]}),
        (f"traceId:{TRACES[0]}", {"trace_id": [TRACES[0]]}),
        ("group:ABC key:k:1", {"group_id": ["abc"], "debounce_key": ["k:1"]}),
        ("http.status_code:500,503", {"attributes": {"http.status_code": ["500", "503"]}}),
        ('a:1 b:"" a:x', {"attributes": {"a": ["1", "x"], "b": [""]}}),
        ("attribute.level:high", {"attributes": {"level": ["high"]}}),
        ('"two words":"a \\" b\\\\ \\n" :', None),
        ('"two words":"a \\" b\\\\ \\n"', {"attributes": {"two words": ['a " b\\ \\n']}}),
        ('"a":b', {"attributes": {"a": ["b"]}}),
        ("a::b", {"attributes": {"a": [":b"]}}),
        ("a:-5", {"attributes": {"a": ["-5"]}}),
        ('a:">5","1..2","*"', {"attributes": {"a": [">5", "1..2", "*"]}}),
        ("word", {"q": ["word"]}),
        ('word "payment failed" pay* orderId=25', {"q": ['word "payment failed" pay* orderId=25']}),
        ('"a""b"', {"q": ["a b"]}),
        ('q:"a b","c d"', {"q": ["a b", "c d"]}),
        ("q:pay*", {"q": ["pay*"]}),
        ("from:-1h30m", {"from_time": _NOW - 5400 * _SECOND, "from_age": 5400 * _SECOND}),
        ("to:2026-01-31T12:00:00.5Z", {"to_time": parse_rfc3339("2026-01-31T12:00:00.5Z")}),
    ],
)
def test_a_query_means(text: str, filters: dict[str, Any] | None) -> None:
    if filters is None:
        with pytest.raises(InvalidField):
            asked(text)
    else:
        assert asked(text) == make_filter(**filters)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("n:>=500", condition("attribute.n", Comparison(">=", 500))),
        ("n:>5.0", condition("attribute.n", Comparison(">", 5))),
        ("n:<-1.5", condition("attribute.n", Comparison("<", -1.5))),
        ("n:<=1e300", condition("attribute.n", Comparison("<=", 1e300))),
        ("at:>2026-01", condition("attribute.at", Comparison(">", "2026-01"))),
        ('n:>"5"', condition("attribute.n", Comparison(">", "5"))),
        ("n:=5", condition("attribute.n", Comparison("=", "5"))),
        ("n:500..599", condition("attribute.n", Comparison("..", 500, 599))),
        ("n:404,500..599", condition("attribute.n", Comparison("=", "404"), Comparison("..", 500, 599))),
        ("n:*", condition("attribute.n", Comparison("*"))),
        ("-n:*", condition("attribute.n", Comparison("*"), is_negated=True)),
        ("service:*", condition("service", Comparison("*"))),
        ("service:=a", condition("service", Comparison("=", "a"))),
        ("-environment:staging", condition("environment", Comparison("=", "staging"), is_negated=True)),
        (
            "-environment:b,a",
            condition("environment", Comparison("=", "a"), Comparison("=", "b"), is_negated=True),
        ),
        ("-word", condition("q", Comparison("=", "word"), is_negated=True)),
        ('-"a b"', condition("q", Comparison("=", '"a b"'), is_negated=True)),
        ("--word", condition("q", Comparison("=", "word"), is_negated=True)),
        (
            "n:>=1 n:<5",
            make_filter(
                conditions=[
                    Condition("attribute.n", (Comparison(">=", 1),)),
                    Condition("attribute.n", (Comparison("<", 5),)),
                ]
            ),
        ),
        ("q:a b", make_filter(q=["a"], conditions=[Condition("q", (Comparison("=", "b"),))])),
    ],
)
def test_a_query_has_conditions(text: str, filters: EntryFilter) -> None:
    assert asked(text) == filters


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("service:", 9, "value"),
        ("failed: no", 8, "value"),
        ("a:1,,2", 5, "value"),
        ("a:1, 2", 5, "value"),
        ("a:>", 4, "value"),
        ('word "open', 6, "quote"),
        ('a:"open', 3, "quote"),
        ('a:"x"y', 6, "space"),
        ('a:x"y"', 4, "space"),
        ("x -> y", 4, "word"),
        ('""', 1, "word"),
        ("-", 2, "word"),
        ("level:eror", 7, "'error'"),
        ("a:1 level:info,warn", 16, "'warning'"),
        ("level:>critical", 7, "no level"),
        ("service:>5", 9, "order"),
        ('service:""', 9, "empty"),
        ("service:pay*", 9, "*"),
        ("trace:12", 7, "32"),
        ("-trace:12", 8, "32"),
        ("q:-", 3, "word"),
        ("n:9..1", 3, "smaller"),
        ("from:yesterday", 6, "RFC 3339"),
        ("from:-1h,-2h", 9, "space"),
        ("from:-1h from:-2h", 10, "once"),
        ("-to:-1h", 1, "negated"),
        ("word from:-1h to:-2h", 15, "after"),
        ("a:\u00e9 b:", 7, "value"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidField) as caught:
        asked(text)
    assert (caught.value.code, caught.value.field) == ("INVALID_FILTER", "query")
    problem, shown, caret = caught.value.description.split("\n")
    assert reason in problem
    assert f"character {position} of query" in problem
    assert (shown, caret) == (text, " " * (position - 1) + "^")


def test_of_a_long_query_the_place_is_shown() -> None:
    with pytest.raises(InvalidField) as caught:
        asked("a:1 " * 500 + "level:eror" + " b:2" * 500)
    problem, shown, caret = caught.value.description.split("\n")
    assert "character 2007 of query" in problem
    assert len(shown) <= 80
    assert shown[caret.index("^") :].startswith("eror")


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        (f"n:>{'9' * 400}", 3, "1.8e308"),
        (f"n:<=-{'9' * 400}", 3, "1.8e308"),
        (f"n:1..{'9' * 400}", 3, "1.8e308"),
        (f"n:-{'9' * 400}..5", 3, "1.8e308"),
        (f"-n:404,>{'9' * 400}", 8, "1.8e308"),
        ("word a" + ".b" * 41 + ":1", 90, "40 dots"),
        ("word a" + ".b" * 41 + ":>1", 6, "40 dots"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_too_much_is_pointed_at(text: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidField) as caught:
        asked(text)
    assert (caught.value.code, caught.value.field) == ("INVALID_FILTER", "query")
    assert reason in caught.value.description
    assert f"character {position} of query" in caught.value.description


@pytest.mark.parametrize("text", [f"n:{'9' * 400}", f'n:>"{"9" * 400}"', "a" + ".b" * 40 + ":1"])
def test_what_is_almost_too_much_is_not(text: str) -> None:
    assert asked(text) == asked(format_query(asked(text)))


@pytest.mark.parametrize(
    "text", [" ".join(f"a:={number}" for number in range(101)), "a:" + ",".join(map(str, range(101)))]
)
def test_there_are_limits(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        asked(text)
    assert (caught.value.code, caught.value.field) == ("INVALID_FILTER", "query")


@given(FILTERS)
def test_a_filter_is_read_back_from_its_query(filters: EntryFilter) -> None:
    assert asked(format_query(filters)) == filters


@given(st.integers(0, 10**7), st.integers(0, 10**9))
def test_relative_times_stay_relative(seconds: int, nanoseconds: int) -> None:
    age = seconds * _SECOND
    filters = make_filter(from_time=_NOW - age, from_age=age, to_time=_NOW + nanoseconds)
    assert asked(format_query(filters)) == filters
    assert format_query(filters).startswith("from:-")


@given(st.text('ab:,"\\-*=<>. \n5éq', max_size=30))
def test_any_text_is_a_query_or_is_refused_in_words(text: str) -> None:
    try:
        filters = asked(text)
    except InvalidField as error:
        assert (error.code, error.field) == ("INVALID_FILTER", "query")  # noqa: PT017 - many texts are queries
    else:
        assert asked(format_query(filters)) == filters
