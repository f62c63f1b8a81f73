"""Conditions: comparisons, presence and negation."""

from typing import Any

import pytest
from hypothesis import given

from server.core.errors import InvalidField
from server.core.model import Entry, Level, RecordDetails
from server.core.query import EntryFilter, matches, parse_query
from server.core.query.combining import both
from tests.support.searching import ENTRIES, FILTERS, entry, packed

_ENTRY = entry(
    "Payment failed",
    {
        "status": 503,
        "ratio": 0.5,
        "text": "503",
        "yes": True,
        "nil": None,
        "tags": ["x", 5],
        "none": [],
        "user": {"id": 7},
        "at": "2026-01-31",
    },
    level=Level.ERROR,
    service="shop",
    record=RecordDetails(body=packed({"inside": 1}), resource=packed({"attributes": {"host": "h"}})),
)


def holds(query: str, found: Entry = _ENTRY) -> bool:
    return matches(parse_query(query, 0), found)


@pytest.mark.parametrize(
    "query",
    [
        "status:>=503",
        "status:>502.5",
        "status:<1e300",
        "status:500..599",
        "status:503..503",
        "status:404,500..599",
        "status:>=500 status:<600",
        "ratio:<1",
        "at:>=2026-01",
        'text:>"5"',
        "nil:*",
        "none:*",
        "user:*",
        "user.id:*",
        "tags:>4",
        "tags:=x tags:=5",
        "inside:>0",
        "host:*",
        "service:*",
        "-component:*",
        "-component:api",
        "-service:other",
        "-status:>=504",
        "-word",
        '-q:"payment nowhere"',
        "level:>=warning",
        "payment -pay",
    ],
)
def test_an_entry_is_what_is_asked_for(query: str) -> None:
    assert holds(query)


@pytest.mark.parametrize(
    "query",
    [
        "status:>503",
        "status:<503",
        "status:1..5",
        'status:>"5"',
        "text:>5",
        "yes:>0",
        "nil:>=0",
        "user:>0",
        "status:>=500 status:<503",
        "missing:*",
        "tags:=x tags:=y",
        "component:*",
        "-service:*",
        "-service:shop",
        "-service:other,shop",
        "-payment",
        '-"payment failed"',
        "-status:500..599",
        "-host:*",
        "level:<error",
        "service:shop -service:shop",
        "level:error level:=info",
    ],
)
def test_an_entry_is_not_what_is_asked_for(query: str) -> None:
    assert not holds(query)


@given(FILTERS, FILTERS, ENTRIES)
def test_two_filters_in_one_choose_what_both_choose(first: EntryFilter, second: EntryFilter, found: Entry) -> None:
    try:
        combined = both(first, second)
    except InvalidField as error:
        assert error.code == "INVALID_TIME_RANGE"  # noqa: PT017 - only some pairs have two times
    else:
        assert matches(combined, found) is (matches(first, found) and matches(second, found))


def test_a_filter_and_itself_are_that_filter() -> None:
    filters = parse_query("service:a n:5 word level:error x:>5", 0)
    assert both(filters, filters) == filters


def test_an_attribute_without_a_value_is_not_there() -> None:
    attributes: dict[str, Any] = {}
    assert not holds("a:*", entry(attributes=attributes))
    assert holds("-a:*", entry(attributes=attributes))
