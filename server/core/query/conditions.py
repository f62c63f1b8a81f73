"""Conditions: what a filter asks for beyond any of the values of a field. They are negations, comparisons, presence."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from server.core.model import LEVELS_BY_WORD, Level

Operator = Literal["=", ">", ">=", "<", "<=", "..", "*"]
"""How a value is compared; `..` is from one number to another, both included, and `*` that there is any value."""


class Comparison(msgspec.Struct, frozen=True):
    """One comparison. `=` has a text, as the values of filters are; order has a number or a text, `..` two numbers."""

    operator: Operator
    value: int | float | str = ""
    end: int | float = 0


class Condition(msgspec.Struct, frozen=True):
    """Any of the comparisons holds or, negated, none does.

    `field` is a filter's name as REST spells it: level, service, component, code, environment, traceId, groupId,
    debounceKey, q or attribute.NAME. Only attributes know more than `=` and `*`.
    """

    field: str
    comparisons: tuple[Comparison, ...]
    is_negated: bool = False


def in_order(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions, each once, and the comparisons in each: equal questions are equal tuples."""
    ordered = {
        msgspec.structs.replace(condition, comparisons=tuple(sorted(set(condition.comparisons), key=repr)))
        for condition in conditions
    }
    return tuple(sorted(ordered, key=repr))


def canonical_numbers(comparison: Comparison) -> Comparison:
    """The same comparison with its numbers in one form: 5 for 5.0, and a double where int64 ends."""
    value = comparison.value
    return msgspec.structs.replace(
        comparison, value=value if isinstance(value, str) else _number(value), end=_number(comparison.end)
    )


def _number(number: float) -> int | float:
    whole = int(number)
    if -(2**63) <= whole < 2**63:
        return whole if whole == number else number
    return float(number)


def reduce_levels(
    levels: frozenset[Level], conditions: tuple[Condition, ...]
) -> tuple[frozenset[Level], tuple[Condition, ...]]:
    """The same question with its levels as a set alone, which stores know how to look for.

    Where no level would be left, all stays as it was: an empty set chooses any.
    """
    others = tuple(condition for condition in conditions if condition.field != "level")
    if len(others) == len(conditions):
        return levels, conditions
    left = set(levels or Level)
    for condition in conditions:
        if condition.field == "level":
            left &= _levels_of(condition)
    if not left:
        return levels, conditions
    return frozenset() if len(left) == len(Level) else frozenset(left), others


def _levels_of(condition: Condition) -> set[Level]:
    chosen: set[Level] = set()
    for comparison in condition.comparisons:
        chosen |= set(Level) if comparison.operator == "*" else {LEVELS_BY_WORD[str(comparison.value)]}
    return set(Level) - chosen if condition.is_negated else chosen
