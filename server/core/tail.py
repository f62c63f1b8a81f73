"""One live tail: what waits for its reader, in bounded memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Literal

import msgspec

from server.core.errors import TrackingError
from server.core.feed import FeedItem, NewEntry
from server.core.model import ApiKey, Entry
from server.core.query import EntryFilter, Searchable, matches

MAX_WAITING_MESSAGES = 1_000
MAX_WAITING_BYTES = 1024 * 1024
"""What one reader may leave lying; beyond it, entries are counted instead."""
_AT_ONCE_MESSAGES, _AT_ONCE_BYTES = 100, 64 * 1024
"""What is read at once: so much may lie on the way to a reader who has stopped reading."""
_ENTRY_BYTES = 1024
"""What an entry costs in memory beside its texts."""

Kind = Literal["entry", "repeat", "lost", "heartbeat"]


class TailMessage(msgspec.Struct, frozen=True):
    """What a reader is told. `position` is where to go on after it.

    `entry` is set for an entry, and for a repeat, with the entry as it is by now; `lost` is how many entries the reader
    was too slow for, None where nobody knows.
    """

    kind: Kind
    position: str
    entry: Entry | None = None
    lost: int | None = None


class _Waiting(msgspec.Struct):
    kind: Kind
    position: str
    size: int = 0
    what: NewEntry | Entry | None = None
    lost: int | None = None


class Tail:
    """The queue between the hub, which never waits, and one reader. Belongs to one event loop.

    A reader who leaves too much lying loses entries, and finds how many in the place where they would have been.
    """

    def __init__(
        self,
        caller: ApiKey,
        filters: EntryFilter,
        position: str,
        *,
        on_lost: Callable[[int], None] = lambda _: None,
        shown: Callable[[Entry], Entry] = lambda entry: entry,
    ) -> None:
        self.caller = caller
        self._shown = shown
        self.filters = filters
        self.position = position
        """All up to here has been put into the queue, or passed over."""
        self.chooses_all = filters == EntryFilter()
        self._on_lost = on_lost
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._end: TrackingError | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    @property
    def is_full(self) -> bool:
        """Whether the next one is lost."""
        return self._bytes >= MAX_WAITING_BYTES or len(self._waiting) >= MAX_WAITING_MESSAGES

    def wants(self, entry: Searchable) -> bool:
        """Whether the filter chooses an entry of the organisation."""
        return self.chooses_all or matches(self.filters, entry)

    def offer(self, item: NewEntry) -> None:
        """Queue a new entry that is wanted, or count it as lost."""
        if item.position <= self.position:
            return
        self.position = item.position
        if self.is_full:
            self.lose(1)
        else:
            self._keep(_Waiting("entry", item.position, item.size, item))

    def pass_over(self, count: int, position: str) -> bool:
        """Count all entries up to a position as lost, if nothing else can become of them; whether it is so."""
        if not (self.chooses_all and self.is_full):
            return False
        self.position = position
        self.lose(count)
        return True

    def repeat(self, entry: Entry) -> None:
        """Queue an entry whose count has grown."""
        size = len(entry.message) + len(entry.attributes) + _ENTRY_BYTES
        if self.is_full:
            self.lose(1)
        else:
            self._keep(_Waiting("repeat", self.position, size, entry))

    def lose(self, count: int | None) -> None:
        """Entries are missing here, so many if it is known."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.kind != "lost":
            last = _Waiting("lost", self.position, lost=0)
            self._waiting.append(last)
        last.position = self.position
        last.lost = None if last.lost is None or count is None else last.lost + count
        self._on_lost(count or 0)
        self._news.set()

    def end(self, error: TrackingError) -> None:
        """Tell the reader what is waiting, then this."""
        self._end = self._end or error
        self._news.set()

    async def read(self, *, timeout_seconds: float) -> list[TailMessage]:
        """What waits, not all at once; nothing after this time. Raises what the tail was ended with."""
        if not self._waiting and self._end is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    await self._news.wait()
        self._news.clear()
        if not self._waiting:
            self.check_end()
        return [self._told(each) for each in self._take()]

    def check_end(self) -> None:
        """Raise what the tail was ended with, if it was."""
        if self._end is not None:
            raise self._end

    def chosen(self, items: Iterable[FeedItem]) -> Iterator[list[TailMessage]]:
        """The new entries that the filter chooses, in pieces, beside the queue: for a reader who catches up."""
        piece: list[TailMessage] = []
        size = 0
        for item in items:
            if isinstance(item, NewEntry) and item.organisation_id == self.caller.organisation_id:
                entry = item.entry(self.caller.organisation)
                if self.wants(entry):
                    piece.append(TailMessage("entry", item.position, self._shown(entry)))
                    size += item.size
                if size > _AT_ONCE_BYTES:
                    yield piece
                    piece, size = [], 0
        if piece:
            yield piece

    def _keep(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        self._bytes += waiting.size
        self._news.set()

    def _take(self) -> Iterator[_Waiting]:
        size = 0
        for _ in range(_AT_ONCE_MESSAGES):
            if not self._waiting or size > _AT_ONCE_BYTES:
                return
            waiting = self._waiting.popleft()
            self._bytes -= waiting.size
            size += waiting.size
            yield waiting

    def _told(self, waiting: _Waiting) -> TailMessage:
        entry = waiting.what
        if isinstance(entry, NewEntry):
            entry = entry.entry(self.caller.organisation)
        return TailMessage(waiting.kind, waiting.position, entry and self._shown(entry), waiting.lost)
