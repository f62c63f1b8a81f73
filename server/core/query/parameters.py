"""Filters as they stand in the query parameters of a request."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.core.fields import level_from_word
from server.core.query.combining import both
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS, MAX_VALUE_LENGTH, EntryFilter, make_filter
from server.core.query.invalid import invalid_filter
from server.core.query.language import parse_query
from server.core.query.times import parse_time

_FILTERS = ("level", *FIELDS, "q", "query", "from", "to")
_NOT_FILTERS = frozenset({"pageSize", "pageToken", "apiKey"})


def parse_filter(parameters: Mapping[str, Sequence[str]], now: int) -> EntryFilter:
    """The filter in the query parameters of a request; `now` (nanoseconds) is what relative times are before.

    The parameters of paging and the key are left alone. Raises InvalidField: INVALID_LEVEL, INVALID_TIME_RANGE, and
    INVALID_FILTER for the rest, unknown parameters included.
    """
    for name in parameters:
        _check_name(name)
    values = parameters.get
    from_time, from_age = parse_time("from", values("from", ()), now)
    to_time, to_age = parse_time("to", values("to", ()), now)
    texts: dict[str, Any] = {member: values(name, ()) for name, member in FIELDS.items()}
    filters = make_filter(
        levels=[level_from_word(word) for text in values("level", ()) for word in text.split(",")],
        attributes={
            name.removeprefix(ATTRIBUTE_PREFIX): texts
            for name, texts in parameters.items()
            if name.startswith(ATTRIBUTE_PREFIX)
        },
        q=values("q", ()),
        from_time=from_time,
        to_time=to_time,
        from_age=from_age,
        to_age=to_age,
        **texts,
    )
    return narrow(filters, values("query", ()), now)


def narrow(filters: EntryFilter, queries: Sequence[str], now: int) -> EntryFilter:
    """The filter, and what a query string asks for too; there is at most one. `now` as in `parse_filter`.

    Raises InvalidField: INVALID_FILTER for `query`, and INVALID_TIME_RANGE for times that stand in both.
    """
    if len(set(queries)) > 1:
        raise invalid_filter("query may be given once; all that stands in it must hold.", "query")
    for query in queries[:1]:
        if len(query) > MAX_VALUE_LENGTH:
            raise invalid_filter(f"query may have at most {MAX_VALUE_LENGTH} characters.", "query")
        return both(filters, parse_query(query, now))
    return filters


def _check_name(name: str) -> None:
    if name in _FILTERS or name in _NOT_FILTERS or name.startswith(ATTRIBUTE_PREFIX):
        return
    shown = name[:60]
    raise invalid_filter(f"There is no filter {shown!r}. There are {', '.join(_FILTERS)} and attribute.NAME.", shown)
