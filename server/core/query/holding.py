"""Whether an entry is what conditions ask for."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from server.core.model import Level
from server.core.query.conditions import Comparison, Condition, Operator
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS
from server.core.query.text import HasText, parse_text, text_matches
from server.core.query.values import Accepted, Accepting, accepted, holds, places_in

_REMEMBERED_CONDITIONS = 128


class HasFields(HasText, Protocol):
    """What conditions look at; see `Searchable`."""

    @property
    def level(self) -> Level:
        """How much it matters."""

    @property
    def group_id(self) -> str:
        """The group."""


def conditions_hold(conditions: tuple[Condition, ...], entry: HasFields) -> bool:
    """Whether all of them hold."""
    return all(_holds_any(condition, entry) != condition.is_negated for condition in conditions)


def _holds_any(condition: Condition, entry: HasFields) -> bool:
    field = condition.field
    if field.startswith(ATTRIBUTE_PREFIX):
        name, accepting = field.removeprefix(ATTRIBUTE_PREFIX), _accepting(condition.comparisons)
        return any(holds(place, name, accepting) for place in places_in(entry.attributes, entry.record))
    if field == "q":
        return any(text_matches(parse_text(str(one.value)), entry) for one in condition.comparisons)
    value = entry.level.word if field == "level" else getattr(entry, FIELDS[field])
    return value is not None and any(one.operator == "*" or one.value == value for one in condition.comparisons)


class _Comparing(msgspec.Struct, frozen=True):
    """What the comparisons of an attribute accept."""

    equal: Accepted
    others: tuple[Comparison, ...]

    def accepts(self, value: Any) -> bool:
        if any(_compares(one, value) for one in self.others) or self.equal.accepts(value):
            return True
        return isinstance(value, list) and any(self.accepts(element) for element in value)


@lru_cache(maxsize=_REMEMBERED_CONDITIONS)
def _accepting(comparisons: tuple[Comparison, ...]) -> Accepting:
    return _Comparing(
        accepted(tuple(str(one.value) for one in comparisons if one.operator == "=")),
        tuple(one for one in comparisons if one.operator != "="),
    )


_HOLDS: dict[Operator, Callable[[Any, Comparison], bool]] = {
    ">": lambda value, one: value > one.value,
    ">=": lambda value, one: value >= one.value,
    "<": lambda value, one: value < one.value,
    "<=": lambda value, one: value <= one.value,
    "..": lambda value, one: one.value <= value <= one.end,
}


def _compares(comparison: Comparison, value: Any) -> bool:
    """Numbers compare with numbers, texts with texts by their characters; nothing else has an order."""
    if comparison.operator == "*":
        return True
    if isinstance(value, bool) or not isinstance(value, str if isinstance(comparison.value, str) else int | float):
        return False
    return _HOLDS[comparison.operator](value, comparison)
