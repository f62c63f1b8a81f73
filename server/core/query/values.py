"""Values of attributes: where a name leads to, and what a value there may be."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from server.core.model import RecordDetails

_REMEMBERED_VALUES = 32
_FIRST_CHARACTERS_OF_SCALARS = frozenset("-0123456789tfn")
_decode = msgspec.json.Decoder().decode


def places_in(attributes: bytes, record: RecordDetails | None, decode: Callable[[bytes], Any] = _decode) -> list[Any]:
    """Where values are looked for: the attributes, the body, and the attributes of the resource."""
    places = [decode(attributes)] if attributes else []
    if record is not None:
        if record.body:
            places.append(decode(record.body))
        if record.resource:
            places.append(decode(record.resource).get("attributes"))
    return places


class Accepting(Protocol):
    """What decides about a value of JSON."""

    def accepts(self, value: Any) -> bool:
        """Whether it is the one; a list is if one of its elements is."""


def holds(value: Any, path: str, accepting: Accepting) -> bool:
    """Whether there is an accepted value at a path below this one: members' names joined by dots.

    Names may contain dots themselves: every way to read the path counts. A list stands for each of its elements.
    """
    if isinstance(value, list):
        return any(holds(element, path, accepting) for element in value)
    if not isinstance(value, dict):
        return False
    if path in value and accepting.accepts(value[path]):
        return True
    dot = path.find(".")
    while dot >= 0:
        name = path[:dot]
        if name in value and holds(value[name], path[dot + 1 :], accepting):
            return True
        dot = path.find(".", dot + 1)
    return False


class Accepted(msgspec.Struct, frozen=True):
    """The values of one attribute filter by the types they can have in JSON."""

    texts: frozenset[str]
    numbers: frozenset[int | float]
    literals: frozenset[bool | None]

    def accepts(self, value: Any) -> bool:
        """Whether it is one of the values."""
        if isinstance(value, str):
            return value in self.texts
        if value is None or isinstance(value, bool):
            return value in self.literals
        if isinstance(value, list):
            return any(self.accepts(element) for element in value)
        return isinstance(value, int | float) and value in self.numbers


@lru_cache(maxsize=_REMEMBERED_VALUES)
def accepted(values: tuple[str, ...]) -> Accepted:
    """What equals one of the values of a filter: the text, the JSON number (5 = 5.0), or true, false or null."""
    scalars = [scalar for text in values for scalar in scalars_of(text)]
    return Accepted(
        frozenset(values),
        frozenset(scalar for scalar in scalars if scalar is not None and not isinstance(scalar, bool)),
        frozenset(scalar for scalar in scalars if scalar is None or isinstance(scalar, bool)),
    )


def scalars_of(text: str) -> tuple[int | float | bool | None, ...]:
    """The JSON number or literal that a text is, if it is one."""
    if text[:1] not in _FIRST_CHARACTERS_OF_SCALARS or text[-1].isspace():
        return ()
    try:
        return (_decode(text),)
    except (msgspec.MsgspecError, UnicodeError):
        return ()
