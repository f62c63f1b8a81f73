"""Lists of groups: which, in what order, and where a page goes on."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from server.core.errors import InvalidField
from server.core.paging import invalid_page_token
from server.core.query import EntryFilter
from server.core.query.invalid import invalid_filter
from server.core.statistics.groups import GroupState, GroupStatus, GroupTotals

_VALUE_OFFSET = 2**63
_VALUE_BYTES, _ID_BYTES = 8, 16


class GroupSort(StrEnum):
    """What a list of groups is ordered by: the largest or latest first."""

    LAST_EVENT = "lastEvent"
    EVENTS = "events"
    FIRST_EVENT = "firstEvent"


class GroupQuery(msgspec.Struct, frozen=True):
    """Which groups: those with an entry that the filter chooses, and with one of these statuses (none: any).

    `now` is what statuses are judged at, in nanoseconds. The totals of a group are always those of all its entries.
    """

    filters: EntryFilter
    statuses: frozenset[GroupStatus]
    sort: GroupSort
    now: int


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a group stands in a list; pages go from the largest place to the smallest."""

    value: int
    group_id: str


class FoundGroup(msgspec.Struct, frozen=True):
    """A group as a store finds it."""

    totals: GroupTotals
    state: GroupState | None


class GroupPage(msgspec.Struct, frozen=True):
    """Groups in order, and the place behind which the next page begins (None: that was all).

    `is_complete`: no group that matches can be missing.
    """

    groups: list[FoundGroup]
    next_place: Place | None
    is_complete: bool = True


def place_of(totals: GroupTotals, sort: GroupSort) -> Place:
    """Where a group stands."""
    match sort:
        case GroupSort.LAST_EVENT:
            return Place(totals.last_event_time, totals.id)
        case GroupSort.EVENTS:
            return Place(totals.event_count, totals.id)
        case GroupSort.FIRST_EVENT:
            return Place(totals.first_event_time, totals.id)


def page_of(found: Iterable[FoundGroup], sort: GroupSort, size: int, *, is_complete: bool) -> GroupPage:
    """The first page of groups, which may come in any order."""
    ordered = sorted(found, key=lambda group: place_of(group.totals, sort), reverse=True)
    is_last = len(ordered) <= size
    return GroupPage(
        ordered[:size], None if is_last else place_of(ordered[size - 1].totals, sort), is_complete=is_complete
    )


def parse_statuses(texts: Sequence[str]) -> frozenset[GroupStatus]:
    """Statuses in query parameters, also as lists with commas. Raises InvalidField, INVALID_FILTER."""
    try:
        return frozenset(GroupStatus(word.strip().lower()) for text in texts for word in text.split(","))
    except ValueError as error:
        raise unknown_status() from error


def parse_sort(text: str) -> GroupSort:
    """An order in a query parameter. Raises InvalidField, INVALID_FILTER."""
    try:
        return GroupSort(text)
    except ValueError as error:
        raise unknown_sort() from error


def unknown_status() -> InvalidField:
    """A status to filter by is none: INVALID_FILTER."""
    return invalid_filter(f"status must be one of {', '.join(GroupStatus)}.", "status")


def unknown_sort() -> InvalidField:
    """An order is none: INVALID_FILTER."""
    return invalid_filter(f"sort must be one of {', '.join(GroupSort)}.", "sort")


def key_of_place(place: Place, query: GroupQuery) -> bytes:
    """What a page token holds of a place: the question that has no part in the filter, too."""
    value = (place.value + _VALUE_OFFSET).to_bytes(_VALUE_BYTES, "big")
    return _question(query) + value + bytes.fromhex(place.group_id)


def place_of_key(key: bytes, query: GroupQuery) -> Place:
    """The place in a token. Raises InvalidField, INVALID_PAGE_TOKEN, where it is of another question."""
    question = _question(query)
    if len(key) != len(question) + _VALUE_BYTES + _ID_BYTES or not key.startswith(question):
        raise invalid_page_token()
    value = int.from_bytes(key[len(question) :][:_VALUE_BYTES], "big") - _VALUE_OFFSET
    return Place(value, key[-_ID_BYTES:].hex())


def _question(query: GroupQuery) -> bytes:
    return f"groups/{query.sort}/{','.join(sorted(query.statuses))}/".encode()
