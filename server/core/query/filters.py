"""The filter itself: canonical, checked, the same from every door. Errors name code and parameter."""

from collections.abc import Iterable, Mapping

import msgspec

from server.core.errors import InvalidField
from server.core.instants import EARLIEST, LATEST
from server.core.model import Level

ATTRIBUTE_PREFIX = "attribute."
"""What stands before an attribute's name in a query parameter."""

MAX_VALUES = 100
"""Values of one filter, and names of attributes in one."""
MAX_VALUE_LENGTH = 4096
"""Characters of one value, and of an attribute's name."""

_HEX_DIGITS = frozenset("0123456789abcdef")
_TRACE_ID_LENGTH = 32


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Chooses entries: any of the values of a field, all of the fields that have values.

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
    from_time: int | None = None,
    to_time: int | None = None,
    from_age: int | None = None,
    to_age: int | None = None,
) -> EntryFilter:
    """The canonical filter of values that are typed already; times and ages are nanoseconds.

    Raises InvalidField, INVALID_FILTER or INVALID_TIME_RANGE, that names the parameter as REST spells it.
    """
    _check_range(from_time, to_time)
    return EntryFilter(
        levels=frozenset(levels),
        service=_texts("service", service),
        component=_texts("component", component),
        code=_texts("code", code),
        environment=_texts("environment", environment),
        trace_id=_trace_ids(trace_id),
        group_id=_texts("groupId", (group.lower() for group in group_id)),
        debounce_key=_texts("debounceKey", debounce_key),
        attributes=_attributes(attributes or {}),
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


def _texts(field: str, values: Iterable[str]) -> tuple[str, ...]:
    texts = _canonical(field, values)
    if "" in texts:
        raise invalid_filter(f"{field} must not be empty; leave it out to choose any.", field)
    return texts


def _trace_ids(values: Iterable[str]) -> tuple[str, ...]:
    trace_ids = _texts("traceId", (value.lower() for value in values))
    for trace_id in trace_ids:
        if len(trace_id) != _TRACE_ID_LENGTH or not _HEX_DIGITS.issuperset(trace_id):
            raise invalid_filter(f"traceId must be {_TRACE_ID_LENGTH} hexadecimal digits.", "traceId")
    return trace_ids


def _attributes(attributes: Mapping[str, Iterable[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = _canonical("attribute.NAME", attributes)
    return tuple((name, _canonical(f"{ATTRIBUTE_PREFIX}{name[:60]}", attributes[name])) for name in names)


def _canonical(field: str, values: Iterable[str]) -> tuple[str, ...]:
    texts = tuple(sorted(set(values)))
    if len(texts) > MAX_VALUES:
        raise invalid_filter(f"{field} may have at most {MAX_VALUES} values.", field)
    if any(len(text) > MAX_VALUE_LENGTH for text in texts):
        raise invalid_filter(f"{field} may have at most {MAX_VALUE_LENGTH} characters.", field)
    return texts


def invalid_filter(description: str, field: str) -> InvalidField:
    """The error for a filter that cannot be; `field` is its parameter."""
    return InvalidField(description, code="INVALID_FILTER", message="Invalid filter", field=field)


def invalid_time_range(description: str, field: str) -> InvalidField:
    """The error for times that cannot be; `field` is from or to."""
    return InvalidField(description, code="INVALID_TIME_RANGE", message="Invalid time range", field=field)
