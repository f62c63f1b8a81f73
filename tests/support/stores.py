"""Events for a store, as `core.ingest` hands them over, and a clock that only tests move."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from server.core.debounce import window_of
from server.core.model import (
    NANOSECONDS_PER_SECOND,
    Debounce,
    Door,
    Entry,
    Level,
    LogEvent,
    Receipt,
    Submission,
)
from server.core.ports import Store
from server.core.query import EntryFilter, Page

SECOND = NANOSECONDS_PER_SECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_790_000_000 * SECOND
"""What a test's clock says at first."""


class Clock:
    """Nanoseconds since 1970 that stand still until a test moves them."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def submission(
    message: str = "m",
    *,
    organisation: int = 1,
    level: Level = Level.INFO,
    at: int = START,
    received: int | None = None,
    key: str | None = None,
    interval: int = 10 * SECOND,
    event_id: str | None = None,
    **fields: Any,
) -> Submission:
    """An event that happened `at` and was received then too, unless told; with a `key` it asks for a window."""
    event = LogEvent(message=message, level=level, event_id=event_id, size=len(message), **fields)
    debounce = None if key is None else Debounce(key, interval // 1_000_000)
    return Submission(
        event=event,
        organisation_id=organisation,
        door=Door.REST,
        receive_time=at if received is None else received,
        event_time=at,
        window=None if debounce is None else window_of(event, debounce, organisation, None),
        id_hash=None if event_id is None else blake2b(f"{organisation}/{event_id}".encode(), digest_size=16).digest(),
    )


async def commit(store: Store[Any], *submissions: Submission) -> list[Receipt]:
    """One batch."""
    return await store.commit([store.prepare(one) for one in submissions])


async def read_entry(store: Store[Any], entry_id: str, organisation: int = 1) -> Entry:
    """An entry that has to be there."""
    entry = await store.get_entry(organisation, entry_id)
    assert entry is not None
    return entry


async def read_all(
    store: Store[Any], filters: EntryFilter | None = None, *, organisation: int = 1, page_size: int = 1000
) -> list[Entry]:
    """All entries that match, page by page."""
    entries: list[Entry] = []
    before_key = None
    while True:
        page = await store.find_entries(organisation, filters or EntryFilter(), Page(page_size, before_key))
        assert len(page.entries) <= page_size
        entries += page.entries
        if page.next_key is None:
            return entries
        before_key = page.next_key


def messages(entries: Sequence[Entry]) -> list[str]:
    """What the entries say, in their order."""
    return [entry.message for entry in entries]
