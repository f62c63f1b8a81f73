"""The filter itself: canonical, checked, the same from every door. Errors name code and parameter."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from server.core.instants import EARLIEST, LATEST
from server.core.model import Level
from server.core.query.conditions import Comparison, Condition, canonical_numbers, in_order, reduce_levels
from server.core.query.invalid import invalid_filter, invalid_time_range
from server.core.query.text import parse_text

ATTRIBUTE_PREFIX = "attribute."
"""What stands before an attribute's name in a query parameter."""

FIELDS = {
    "service": "service",
    "component": "component",
    "code": "code",
    "environment": "environment",
    "traceId": "trace_id",
    "groupId": "group_id",
    "debounceKey": "debounce_key",
}
"""The fields with texts: how REST spells them, and the member of a filter and of an entry."""

MAX_VALUES = 100
"""Values of one filter, and names of attributes in one."""
MAX_VALUE_LENGTH = 4096
"""Characters of one value, and of an attribute's name."""
MAX_NAME_DOTS = 40
"""Dots of an attribute's name. Each may part two names, and every entry that is looked at is asked at each."""

_HEX_DIGITS = frozenset("0123456789abcdef")
_TRACE_ID_LENGTH = 32
_MOST_SHOWN = 60


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Chooses entries: any of the values of a field, all of the fields that have values.

    `q` is any of these texts, each with all of its words (`text.py`); `conditions` must hold too, every one.
    Canonical (values sorted, each once), so that equal questions are equal structs: `make_filter` makes them.
    Times are nanoseconds since 1970, `from_time` the first that is chosen, `to_time` the first that is no longer.
    `from_age` and `to_age` are nanoseconds: how long before now a time was, where it was asked for in this way.
    They choose nothing; they tell a page token that the same question at another time is still the same.
    """

    levels: frozenset[Level] = frozenset()
    service: tuple[str, ...] = ()
    component: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    trace_id: tuple[str, ...] = ()
    group_id: tuple[str, ...] = ()
    debounce_key: tuple[str, ...] = ()
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    q: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    from_time: int | None = None
    to_time: int | None = None
    from_age: int | None = None
    to_age: int | None = None


def make_filter(
    *,
    levels: Iterable[Level] = (),
    service: Iterable[str] = (),
    component: Iterable[str] = (),
    code: Iterable[str] = (),
    environment: Iterable[str] = (),
    trace_id: Iterable[str] = (),
    group_id: Iterable[str] = (),
    debounce_key: Iterable[str] = (),
    attributes: Mapping[str, Iterable[str]] | None = None,
    q: Iterable[str] = (),
    conditions: Iterable[Condition] = (),
    from_time: int | None = None,
    to_time: int | None = None,
    from_age: int | None = None,
    to_age: int | None = None,
) -> EntryFilter:
    """The canonical filter of values that are typed already; times and ages are nanoseconds.

    Raises InvalidField, INVALID_FILTER or INVALID_TIME_RANGE, that names the parameter as REST spells it.
    """
    _check_range(from_time, to_time)
    chosen_levels, others = reduce_levels(frozenset(levels), _conditions(conditions))
    return EntryFilter(
        levels=chosen_levels,
        service=canonical_values("service", service),
        component=canonical_values("component", component),
        code=canonical_values("code", code),
        environment=canonical_values("environment", environment),
        trace_id=canonical_values("traceId", trace_id),
        group_id=canonical_values("groupId", group_id),
        debounce_key=canonical_values("debounceKey", debounce_key),
        attributes=_attributes(attributes or {}),
        q=canonical_values("q", q),
        conditions=others,
        from_time=from_time,
        to_time=to_time,
        from_age=from_age,
        to_age=to_age,
    )


def _check_range(from_time: int | None, to_time: int | None) -> None:
    for field, instant in (("from", from_time), ("to", to_time)):
        if instant is not None and not EARLIEST <= instant <= LATEST:
            raise invalid_time_range(f"{field} must lie between the years 1678 and 2262.", field)
    if from_time is not None and to_time is not None and from_time > to_time:
        raise invalid_time_range("from must not be after to.", "from")


def canonical_values(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values of a filter, checked and in the one form that they are compared in; `field` as REST spells it.

    Raises InvalidField, INVALID_FILTER.
    """
    if field.startswith(ATTRIBUTE_PREFIX):
        shown = field[: len(ATTRIBUTE_PREFIX) + _MOST_SHOWN]
        if field.count(".", len(ATTRIBUTE_PREFIX)) > MAX_NAME_DOTS:
            raise invalid_filter(f"{shown} may have at most {MAX_NAME_DOTS} dots in its name.", shown)
        return _canonical(shown, values)
    if field == "q":
        return _canonical(field, [str(parse_text(text)) for text in _canonical(field, values)])
    if field in ("traceId", "groupId"):
        values = (value.lower() for value in values)
    texts = _canonical(field, values)
    if "" in texts:
        raise invalid_filter(f"{field} must not be empty; leave it out to choose any.", field)
    if field == "traceId":
        _check_trace_ids(texts)
    return texts


def _check_trace_ids(trace_ids: tuple[str, ...]) -> None:
    for trace_id in trace_ids:
        if len(trace_id) != _TRACE_ID_LENGTH or not _HEX_DIGITS.issuperset(trace_id):
            raise invalid_filter(f"traceId must be {_TRACE_ID_LENGTH} hexadecimal digits.", "traceId")


def _conditions(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    ordered = in_order(
        msgspec.structs.replace(condition, comparisons=tuple(_comparisons(condition))) for condition in conditions
    )
    if len(ordered) > MAX_VALUES:
        raise invalid_filter(f"query may have at most {MAX_VALUES} conditions.", "query")
    return ordered


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    for value in canonical_values(
        condition.field, [str(one.value) for one in condition.comparisons if one.operator == "="]
    ):
        yield Comparison("=", value)
    yield from (canonical_numbers(one) for one in condition.comparisons if one.operator != "=")


def _attributes(attributes: Mapping[str, Iterable[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = _canonical("attribute.NAME", attributes)
    return tuple((name, canonical_values(f"{ATTRIBUTE_PREFIX}{name}", attributes[name])) for name in names)


def _canonical(field: str, values: Iterable[str]) -> tuple[str, ...]:
    texts = tuple(sorted(set(values)))
    if len(texts) > MAX_VALUES:
        raise invalid_filter(f"{field} may have at most {MAX_VALUES} values.", field)
    if any(len(text) > MAX_VALUE_LENGTH for text in texts):
        raise invalid_filter(f"{field} may have at most {MAX_VALUE_LENGTH} characters.", field)
    return texts
