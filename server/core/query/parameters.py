"""Filters as they stand in the query parameters of a request."""

from collections.abc import Mapping, Sequence

from server.core.fields import level_from_word
from server.core.instants import parse_rfc3339
from server.core.intervals import parse_units
from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.query.filters import (
    ATTRIBUTE_PREFIX,
    EntryFilter,
    invalid_filter,
    invalid_time_range,
    make_filter,
)

_FILTERS = ("level", "service", "component", "code", "environment", "traceId", "groupId", "debounceKey", "from", "to")
_NOT_FILTERS = frozenset({"pageSize", "pageToken", "apiKey"})


def parse_filter(parameters: Mapping[str, Sequence[str]], now: int) -> EntryFilter:
    """The filter in the query parameters of a request; `now` (nanoseconds) is what relative times are before.

    The parameters of paging and the key are left alone. Raises InvalidField: INVALID_LEVEL, INVALID_TIME_RANGE, and
    INVALID_FILTER for the rest, unknown parameters included.
    """
    for name in parameters:
        _check_name(name)
    values = parameters.get
    from_time, from_age = _parse_time("from", values("from", ()), now)
    to_time, to_age = _parse_time("to", values("to", ()), now)
    return make_filter(
        levels=[level_from_word(word) for text in values("level", ()) for word in text.split(",")],
        service=values("service", ()),
        component=values("component", ()),
        code=values("code", ()),
        environment=values("environment", ()),
        trace_id=values("traceId", ()),
        group_id=values("groupId", ()),
        debounce_key=values("debounceKey", ()),
        attributes={
            name.removeprefix(ATTRIBUTE_PREFIX): texts
            for name, texts in parameters.items()
            if name.startswith(ATTRIBUTE_PREFIX)
        },
        from_time=from_time,
        to_time=to_time,
        from_age=from_age,
        to_age=to_age,
    )


def _check_name(name: str) -> None:
    if name in _FILTERS or name in _NOT_FILTERS or name.startswith(ATTRIBUTE_PREFIX):
        return
    shown = name[:60]
    if name == "q":
        raise invalid_filter("Search by words (q) is not there yet. Use the other filters.", shown)
    raise invalid_filter(f"There is no filter {shown!r}. There are {', '.join(_FILTERS)} and attribute.NAME.", shown)


def _parse_time(field: str, texts: Sequence[str], now: int) -> tuple[int | None, int | None]:
    """The instant, and how long before now it is if that is how it was asked for; both in nanoseconds."""
    if not texts:
        return None, None
    if len(set(texts)) > 1:
        raise invalid_time_range(f"{field} may be given once.", field)
    if texts[0].startswith("-") and (milliseconds := parse_units(texts[0][1:])) is not None:
        age = milliseconds * NANOSECONDS_PER_MILLISECOND
        return now - age, age
    try:
        # A plus sign that was not escaped arrives as a space; RFC 3339 has no other space.
        return parse_rfc3339(texts[0].replace(" ", "+")), None
    except ValueError as error:
        raise invalid_time_range(
            f"{field} must be RFC 3339 with an offset (2026-01-31T12:00:00Z), or relative to now (-15m, -24h, -7d).",
            field,
        ) from error
