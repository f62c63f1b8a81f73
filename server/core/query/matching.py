"""Whether an entry is what a filter asks for: the one meaning that every store verifies by."""

from typing import Protocol

from server.core.model import Level, RecordDetails
from server.core.query.filters import EntryFilter
from server.core.query.holding import conditions_hold
from server.core.query.text import parse_text, text_matches
from server.core.query.values import accepted, holds, places_in


class Searchable(Protocol):
    """What a filter looks at: an `Entry`, or what a store keeps of one. Absent is None; times are nanoseconds."""

    @property
    def message(self) -> str:
        """What was logged."""

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

    @property
    def record(self) -> RecordDetails | None:
        """What only OTLP has: its body and the attributes of its resource are looked at, too."""


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
        and (not filters.attributes or attributes_match(filters.attributes, entry.attributes, entry.record))
        and (not filters.q or any(text_matches(parse_text(text), entry) for text in filters.q))
        and (not filters.conditions or conditions_hold(filters.conditions, entry))
    )


def attributes_match(
    wanted: tuple[tuple[str, tuple[str, ...]], ...], attributes: bytes, record: RecordDetails | None = None
) -> bool:
    """Whether every name has one of its values: in the attributes, in the body, or in those of the resource.

    A name is a member's name, or names through nested objects joined by dots; where names contain dots themselves
    (`http.status_code`), every way to read it counts. A list stands for each of its elements, on the way and at the
    end. A value equals the text, the JSON number (5 = 5.0), or true, false or null; a missing member is not null.
    """
    places = places_in(attributes, record)
    return all(any(holds(place, name, accepted(values)) for place in places) for name, values in wanted)
