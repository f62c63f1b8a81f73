"""What a door answered, in words that all doors share: those of REST's JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Event = Mapping[str, Any]
"""An event in REST's spelling."""
Entry = dict[str, Any]
"""An entry in REST's spelling."""
Filters = Mapping[str, str | Sequence[str]]
"""Filters by the names of REST's query parameters."""

_OWN = ("id", "door", "receiveTime", "expireTime", "windowEndTime")


class Logged(NamedTuple):
    """An event that was kept."""

    outcome: str
    entry_id: str
    event_count: int


class Failure(NamedTuple):
    """A request, or one event of it, that was not. `retry`: the same may be sent again after a delay."""

    code: str
    field: str | None = None
    retry: bool = False


class BatchLogged(NamedTuple):
    """A batch that was processed: how many events had which outcome, and the errors by place."""

    outcomes: dict[str, int]
    errors: dict[int, Failure]


class Page(NamedTuple):
    """A page of entries."""

    entries: list[Entry]
    next_page_token: str


class DoorClient(Protocol):
    """A client of one door, with one key."""

    name: str
    """What entries have as their `door`."""

    async def log(self, event: Event) -> Logged | Failure:
        """Log one event."""

    async def log_batch(self, events: Sequence[Event]) -> BatchLogged | Failure:
        """Log many events in one request."""

    async def entries(
        self, filters: Filters | None = None, *, page_size: int = 0, page_token: str = ""
    ) -> Page | Failure:
        """A page of entries."""

    async def entry(self, entry_id: str) -> Entry | Failure:
        """One entry."""


async def keep(door: DoorClient, event: Event) -> Logged:
    """Log an event that must be kept."""
    logged = await door.log(event)
    assert isinstance(logged, Logged), logged
    return logged


async def keep_all(door: DoorClient, events: Sequence[Event]) -> dict[str, int]:
    """Log events that must all be kept, in one request; how many had which outcome."""
    logged = await door.log_batch(events)
    assert isinstance(logged, BatchLogged), logged
    assert not logged.errors
    return logged.outcomes


async def read(door: DoorClient, entry_id: str) -> Entry:
    """An entry that must be there."""
    entry = await door.entry(entry_id)
    assert not isinstance(entry, Failure), entry
    return entry


async def find(door: DoorClient, filters: Filters | None = None, *, page_size: int = 0) -> list[Entry]:
    """All entries that match, page by page."""
    found: list[Entry] = []
    token = ""
    while True:
        page = await door.entries(filters, page_size=page_size, page_token=token)
        assert isinstance(page, Page), page
        found += page.entries
        token = page.next_page_token
        if not token:
            return found


def as_sent(entry: Entry) -> Entry:
    """What an entry has from its client: all but its id, its door and the times of our own clock."""
    return {name: value for name, value in entry.items() if name not in _OWN}
