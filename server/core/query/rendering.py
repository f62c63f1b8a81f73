"""A filter as the query string that means it."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from server.core.query.conditions import Comparison, Condition
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS, EntryFilter
from server.core.query.language import FIELDS_BY_NAME
from server.core.query.operands import range_of
from server.core.query.text import parse_text
from server.core.query.times import format_time

_PLAIN_NAME = re.compile(r"[\w.@$/][\w.@$/-]*")
_PLAIN_VALUE = re.compile(r"[\w.@$/+-]+")
_SHORT_NAMES = {"traceId": "trace", "groupId": "group", "debounceKey": "key"}
_encode = msgspec.json.Encoder().encode


def format_query(filters: EntryFilter) -> str:
    """The query string that `parse_query` reads as this filter; a relative time at the same `now` only."""
    return " ".join(_items(filters))


def _items(filters: EntryFilter) -> Iterator[str]:
    if filters.levels:
        yield f"level:{','.join(level.word for level in sorted(filters.levels))}"
    for field, member in FIELDS.items():
        if values := getattr(filters, member):
            yield _item(field, map(_text, values))
    for name, values in filters.attributes:
        yield _item(ATTRIBUTE_PREFIX + name, map(_text, values))
    if len(filters.q) == 1:
        yield filters.q[0]
    elif filters.q:
        yield _item("q", map(_quote, filters.q))
    yield from map(_condition, filters.conditions)
    if filters.from_time is not None:
        yield f"from:{format_time(filters.from_time, filters.from_age)}"
    if filters.to_time is not None:
        yield f"to:{format_time(filters.to_time, filters.to_age)}"


def _condition(condition: Condition) -> str:
    comparisons = condition.comparisons
    if not condition.is_negated:
        # Without the sign they would be values like any others of that name.
        return _item(
            condition.field, (f"={_value(one)}" if one.operator == "=" else _value(one) for one in comparisons)
        )
    if condition.field == "q" and len(comparisons) == 1:
        text = str(comparisons[0].value)
        if len(parse_text(text).phrases) == 1:
            return f"-{text}"
    return f"-{_item(condition.field, map(_value, comparisons))}"


def _item(field: str, values: Iterable[str]) -> str:
    return f"{_name(field)}:{','.join(values)}"


def _name(field: str) -> str:
    if not field.startswith(ATTRIBUTE_PREFIX):
        return _SHORT_NAMES.get(field, field)
    name = field.removeprefix(ATTRIBUTE_PREFIX)
    if name in FIELDS_BY_NAME or name.startswith(ATTRIBUTE_PREFIX):
        name = field
    return name if _PLAIN_NAME.fullmatch(name) else _quote(name)


def _value(comparison: Comparison) -> str:
    value = comparison.value
    match comparison.operator:
        case "*":
            return "*"
        case "=":
            return _text(str(value))
        case "..":
            return f"{_number(value)}..{_number(comparison.end)}"
        case operator:
            return f"{operator}{_quote(value) if isinstance(value, str) else _number(value)}"


def _number(number: float | str) -> str:
    return _encode(number).decode()


def _text(text: str) -> str:
    return text if _PLAIN_VALUE.fullmatch(text) and range_of(text) is None else _quote(text)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
