"""What stands behind the colon of a query string, as comparisons."""

import operator
import re
from collections.abc import Callable, Sequence
from sys import float_info
from typing import NamedTuple, cast

from server.core.fields import level_from_word
from server.core.model import Level
from server.core.query.conditions import Comparison, Operator
from server.core.query.filters import ATTRIBUTE_PREFIX
from server.core.query.invalid import invalid_filter
from server.core.query.values import scalars_of

_RANGE = re.compile(r"(.+?)\.\.(.+)")
_HOLDS: dict[str, Callable[[Level, Level], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Operand(NamedTuple):
    """A value as it was written; `operator` None where there was none."""

    operator: str | None
    text: str
    is_quoted: bool

    @property
    def is_plain(self) -> bool:
        """Whether it is one of the values that collect under their name, and no condition of its own."""
        return self.operator is None and (self.is_quoted or (self.text != "*" and range_of(self.text) is None))


def comparison_of(field: str, operand: Operand) -> Sequence[Comparison]:
    """The comparisons, any of which must hold. Raises InvalidField for what the field cannot be compared with."""
    if field == "q":
        return [Comparison("=", _only_equal(field, operand))]
    if operand.text == "*" and not operand.is_quoted and operand.operator is None:
        return [Comparison("*")]
    if field == "level":
        return _levels(operand)
    if operand.text.endswith("*") and not operand.is_quoted:
        raise _invalid("Only words may end in *: put quotes around a value that does")
    if not field.startswith(ATTRIBUTE_PREFIX):
        return [Comparison("=", _only_equal(field, operand))]
    return [_comparison(operand)]


def range_of(text: str) -> tuple[int | float, int | float] | None:
    """The two numbers of `1..5`; None for any other text."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = _json_number(match[1]), _json_number(match[2])
    return None if first is None or last is None else (_comparable(first), _comparable(last))


def number_of(text: str) -> int | float | None:
    """The JSON number that a text is, or None. Raises InvalidField for one beyond what a double holds."""
    number = _json_number(text)
    return None if number is None else _comparable(number)


def _json_number(text: str) -> int | float | None:
    for scalar in scalars_of(text):
        if scalar is not None and not isinstance(scalar, bool):
            return scalar
    return None


def _comparable(number: float) -> int | float:
    if abs(number) > float_info.max:
        raise _invalid("A number to compare with must be less than 1.8e308")
    return number


def _comparison(operand: Operand) -> Comparison:
    if operand.operator is None and not operand.is_quoted and (numbers := range_of(operand.text)):
        if numbers[0] > numbers[1]:
            raise _invalid("A range begins with the smaller number")
        return Comparison("..", *numbers)
    if operand.operator in (None, "="):
        return Comparison("=", operand.text)
    number = None if operand.is_quoted else number_of(operand.text)
    return Comparison(cast("Operator", operand.operator), operand.text if number is None else number)


def _levels(operand: Operand) -> list[Comparison]:
    limit = level_from_word(operand.text)
    holds = _HOLDS[operand.operator or "="]
    chosen = [Comparison("=", level.word) for level in Level if holds(level, limit)]
    if not chosen:
        raise _invalid(f"There is no level {operand.operator} {limit.word}")
    return chosen


def _only_equal(field: str, operand: Operand) -> str:
    if operand.operator not in (None, "="):
        raise _invalid(f"{field} has no order, only level and attributes have: use = or a list of values")
    return operand.text


def _invalid(problem: str) -> Exception:
    return invalid_filter(problem, "query")
