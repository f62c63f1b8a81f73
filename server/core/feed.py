"""What a store tells of its commits as they become durable, for whoever follows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server.core.model import Entry
from server.core.stored import Repeats, StoredEvent, entry_of


class NewEntry(msgspec.Struct, frozen=True):
    """An entry that was stored just now; it is decoded only if somebody wants it.

    `position` is where to go on behind it, `window_end` in nanoseconds, `size` the bytes that it holds in memory.
    """

    position: str
    organisation_id: int
    entry_id: str
    window_end: int | None
    size: int
    content: Any
    decode: Callable[[Any], tuple[StoredEvent, Repeats]]
    """Makes of the content its first event, and what its entry adds up to."""

    @property
    def event(self) -> StoredEvent:
        """What a filter looks at. Decodes it."""
        return self.decode(self.content)[0]

    def entry(self, organisation: str) -> Entry:
        """The entry as it was stored; `organisation` is its organisation's name."""
        event, totals = self.decode(self.content)
        return entry_of(
            entry_id=self.entry_id,
            organisation=organisation,
            event=event,
            window_end=self.window_end,
            repeats=totals,
            samples=(),
        )


class Repeated(msgspec.Struct, frozen=True):
    """An entry whose count has grown. How far, the entry says when it is read."""

    position: str
    organisation_id: int
    entry_id: str

    @property
    def size(self) -> int:
        """Bytes that it holds in memory, roughly."""
        return _REPEATED_BYTES


FeedItem = NewEntry | Repeated


class Batch(msgspec.Struct, frozen=True):
    """What came next; it may be empty. Everything up to `position` has been told by now.

    `items` may be made anew each time that somebody goes through them. `gap`: entries before this batch, nobody knows
    how many, were missed for good. `counts`: how many items each organisation has, `size`: the bytes that they hold in
    memory, `has_repeats`: whether there are others than new entries; so that nobody has to go through them for it.
    """

    position: str
    items: Iterable[FeedItem] = ()
    gap: bool = False
    counts: Mapping[int, int] = {}
    size: int = 0
    has_repeats: bool = False


def batch_of(position: str, items: Sequence[FeedItem], *, gap: bool = False) -> Batch:
    """A batch of items that are made already."""
    counts = Counter(item.organisation_id for item in items)
    has_repeats = any(isinstance(item, Repeated) for item in items)
    return Batch(position, items, gap, counts, sum(item.size for item in items), has_repeats)


class PositionLost(Exception):
    """What came behind a position is no longer known, or the position is not one of this store."""


_REPEATED_BYTES = 300
