"""Whether an entry is what a filter asks for: the one meaning that every store verifies by."""

from functools import lru_cache
from typing import Any, Protocol

import msgspec

from server.core.model import Level
from server.core.query.filters import EntryFilter

_REMEMBERED_VALUES = 32
_FIRST_CHARACTERS_OF_SCALARS = frozenset("-0123456789tfn")
_decode = msgspec.json.Decoder().decode


class Searchable(Protocol):
    """What a filter looks at: an `Entry`, or what a store keeps of one. Absent is None; times are nanoseconds."""

    @property
    def level(self) -> Level:
        """How much it matters."""

    @property
    def event_time(self) -> int:
        """When the (first) event happened."""

    @property
    def service(self) -> str | None:
        """Where it happened."""

    @property
    def component(self) -> str | None:
        """The part of the service."""

    @property
    def code(self) -> str | None:
        """The client's code for this kind of event."""

    @property
    def environment(self) -> str | None:
        """For example production."""

    @property
    def trace_id(self) -> str | None:
        """32 hex digits in lower case."""

    @property
    def debounce_key(self) -> str | None:
        """What made the events of its window the same."""

    @property
    def group_id(self) -> str:
        """The group. May be computed when it is read."""

    @property
    def attributes(self) -> bytes:
        """A JSON object, b"" for none."""


def matches(filters: EntryFilter, entry: Searchable) -> bool:
    """Whether the filter chooses the entry. What is dear to look at (group, attributes) comes last."""
    return (
        (not filters.levels or entry.level in filters.levels)
        and (filters.from_time is None or entry.event_time >= filters.from_time)
        and (filters.to_time is None or entry.event_time < filters.to_time)
        and (not filters.service or entry.service in filters.service)
        and (not filters.component or entry.component in filters.component)
        and (not filters.code or entry.code in filters.code)
        and (not filters.environment or entry.environment in filters.environment)
        and (not filters.trace_id or entry.trace_id in filters.trace_id)
        and (not filters.debounce_key or entry.debounce_key in filters.debounce_key)
        and (not filters.group_id or entry.group_id in filters.group_id)
        and (not filters.attributes or attributes_match(filters.attributes, entry.attributes))
    )


def attributes_match(wanted: tuple[tuple[str, tuple[str, ...]], ...], attributes: bytes) -> bool:
    """Whether every name has one of its values.

    A name is a member's name, or names through nested objects joined by dots; where names contain dots themselves
    (`http.status_code`), every way to read it counts. A list stands for each of its elements, on the way and at the
    end. A value equals the text, the JSON number (5 = 5.0), or true, false or null; a missing member is not null.
    """
    if not attributes:
        return False
    members = _decode(attributes)
    return all(_holds(members, name, _accepted(values)) for name, values in wanted)


class _Accepted(msgspec.Struct, frozen=True):
    """The values of one attribute filter by the types they can have in JSON."""

    texts: frozenset[str]
    numbers: frozenset[int | float]
    literals: frozenset[bool | None]

    def accepts(self, value: Any) -> bool:
        if isinstance(value, str):
            return value in self.texts
        if value is None or isinstance(value, bool):
            return value in self.literals
        if isinstance(value, list):
            return any(self.accepts(element) for element in value)
        return isinstance(value, int | float) and value in self.numbers


def _holds(value: Any, path: str, accepted: _Accepted) -> bool:
    """Whether there is an accepted value at a path below this one."""
    if isinstance(value, list):
        return any(_holds(element, path, accepted) for element in value)
    if not isinstance(value, dict):
        return False
    if path in value and accepted.accepts(value[path]):
        return True
    dot = path.find(".")
    while dot >= 0:
        name = path[:dot]
        if name in value and _holds(value[name], path[dot + 1 :], accepted):
            return True
        dot = path.find(".", dot + 1)
    return False


@lru_cache(maxsize=_REMEMBERED_VALUES)
def _accepted(values: tuple[str, ...]) -> _Accepted:
    scalars = [scalar for text in values for scalar in _scalars_of(text)]
    return _Accepted(
        frozenset(values),
        frozenset(scalar for scalar in scalars if scalar is not None and not isinstance(scalar, bool)),
        frozenset(scalar for scalar in scalars if scalar is None or isinstance(scalar, bool)),
    )


def _scalars_of(text: str) -> tuple[int | float | bool | None, ...]:
    """The JSON number or literal that a text is, if it is one."""
    if text[:1] not in _FIRST_CHARACTERS_OF_SCALARS or text[-1].isspace():
        return ()
    try:
        return (_decode(text),)
    except (msgspec.MsgspecError, UnicodeError):
        return ()
