"""Facets: which services, components, codes and environments have the most events."""

from collections import Counter
from collections.abc import Mapping
from heapq import nsmallest

import msgspec

from server.core.model import Level
from server.core.query import EntryFilter
from server.core.statistics.levels import levels_of

FACET_FIELDS = ("service", "component", "code", "environment")
"""The fields that are counted."""
FACET_VALUES = 20
"""The values shown of each field."""


class FacetValue(msgspec.Struct, frozen=True):
    """A value of a field, and how many events have it."""

    value: str
    event_count: int


class Facets(msgspec.Struct, frozen=True):
    """The values of each field with the most events first; events without a value are in the total alone.

    The filter has both times. `is_complete`: nothing that matches is left uncounted.
    """

    filters: EntryFilter
    total: int
    levels: dict[Level, int]
    fields: dict[str, list[FacetValue]]
    is_complete: bool


class FacetCounts(msgspec.Struct):
    """What a store counts up: events by level, and by field and value."""

    levels: Counter[int] = msgspec.field(default_factory=Counter)
    fields: dict[str, Counter[str]] = msgspec.field(
        default_factory=lambda: {field: Counter() for field in FACET_FIELDS}
    )

    def add(self, level: int, values: Mapping[str, str | None], event_count: int) -> None:
        """Count the events of an entry; `values` by field."""
        self.levels[level] += event_count
        for field, counts in self.fields.items():
            if (value := values[field]) is not None:
                counts[value] += event_count


def make_facets(filters: EntryFilter, counts: FacetCounts, *, is_complete: bool) -> Facets:
    """The facets of what was counted."""
    return Facets(
        filters,
        counts.levels.total(),
        levels_of(counts.levels),
        {field: _most(values) for field, values in counts.fields.items()},
        is_complete,
    )


def _most(counts: Counter[str]) -> list[FacetValue]:
    found = nsmallest(FACET_VALUES, ((-counted, value) for value, counted in counts.items() if counted > 0))
    return [FacetValue(value, -counted) for counted, value in found]
