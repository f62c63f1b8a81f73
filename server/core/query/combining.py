"""Two filters in one."""

from collections.abc import Iterable

from server.core.query.conditions import Comparison, Condition
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS, EntryFilter, make_filter
from server.core.query.invalid import invalid_time_range

_MEMBERS = {**FIELDS, "q": "q"}


def both(first: EntryFilter, second: EntryFilter) -> EntryFilter:
    """What both filters choose. Raises InvalidField, INVALID_TIME_RANGE, where both say `from`, or `to`."""
    for name, times in (("from", (first.from_time, second.from_time)), ("to", (first.to_time, second.to_time))):
        if None not in times:
            raise invalid_time_range(f"{name} may be given once: in query or beside it.", name)
    conditions = [*first.conditions, *second.conditions]
    values: dict[str, tuple[str, ...]] = {}
    for field, member in _MEMBERS.items():
        values[member] = getattr(first, member) or getattr(second, member)
        conditions += _other(field, values[member], getattr(second, member))
    attributes = dict((*second.attributes, *first.attributes))
    for name, texts in second.attributes:
        conditions += _other(ATTRIBUTE_PREFIX + name, attributes[name], texts)
    conditions += _other(
        "level", [level.word for level in first.levels or second.levels], [level.word for level in second.levels]
    )
    return make_filter(
        levels=first.levels or second.levels,
        attributes=attributes,
        conditions=conditions,
        from_time=_either(first.from_time, second.from_time),
        to_time=_either(first.to_time, second.to_time),
        from_age=_either(first.from_age, second.from_age),
        to_age=_either(first.to_age, second.to_age),
        **values,
    )


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _other(field: str, chosen: Iterable[str], values: Iterable[str]) -> list[Condition]:
    """The condition for the values of a field where others have taken their place."""
    comparisons = tuple(Comparison("=", text) for text in values)
    return [Condition(field, comparisons)] if comparisons and set(values) != set(chosen) else []
