"""What an organisation uses: what it has stored, and how much it sends."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic, time_ns
from typing import TYPE_CHECKING

import msgspec

from server.core.model import NANOSECONDS_PER_SECOND, ApiKey, Level, Outcome, Receipt

if TYPE_CHECKING:
    from server.core.ports import Directory, EntryStore, Prepared, PreparedT

_MINUTE = 60 * NANOSECONDS_PER_SECOND
_DUPLICATE = Outcome.DUPLICATE
_FRESH_SECONDS = 10.0
"""How long an answer holds: counting reads everything that an organisation has."""


class LevelUsage(msgspec.Struct, frozen=True):
    """What the entries of a level come to; `bytes` are those of the entries as stored, without any index."""

    entries: int = 0
    events: int = 0
    bytes: int = 0


class StoredUsage(msgspec.Struct, frozen=True):
    """What an organisation has stored, by level; `database_bytes` is what the whole database takes on the disk."""

    levels: Mapping[Level, LevelUsage]
    database_bytes: int


class UsageReport(msgspec.Struct, frozen=True):
    """The same, and how many events came in the last whole minute and in the last 60 of them."""

    stored: StoredUsage
    last_minute_events: int
    last_hour_events: int


class Received:
    """Counts what this process commits, by organisation and minute, until the store is told. On the event loop."""

    def __init__(self, clock: Callable[[], int] = time_ns) -> None:
        self._clock = clock
        self._events: dict[tuple[int, int], int] = {}

    def count_all(self, batch: "Sequence[Prepared]", receipts: Sequence[Receipt]) -> None:
        """A commit was acknowledged; duplicates do not count again."""
        counts: dict[int, int] = {}
        for event, receipt in zip(batch, receipts, strict=True):
            if receipt.outcome is not _DUPLICATE:
                organisation = event.organisation
                counts[organisation] = counts.get(organisation, 0) + event.event_count
        minute = self._clock() // _MINUTE
        for organisation, events in counts.items():
            place = organisation, minute
            self._events[place] = self._events.get(place, 0) + events

    def take(self) -> dict[tuple[int, int], int]:
        """What was counted since the last call."""
        events, self._events = self._events, {}
        return events

    def give_back(self, events: Mapping[tuple[int, int], int]) -> None:
        """They could not be written: the next call takes them again."""
        for place, count in events.items():
            self._events[place] = self._events.get(place, 0) + count


class Usage:
    """Answers what an organisation uses. Clocks: nanoseconds since 1970, and monotonic seconds."""

    def __init__(
        self,
        store: "EntryStore[PreparedT]",
        directory: "Directory",
        *,
        clock: Callable[[], int] = time_ns,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._read_usage = store.read_usage
        self._directory = directory
        self._clock = clock
        self._ticks = ticks
        self._known: dict[int, tuple[StoredUsage, float]] = {}

    async def report(self, caller: ApiKey) -> UsageReport:
        """The usage of the caller's organisation; what is stored is up to ten seconds old. Raises QueryTimeout."""
        organisation_id = caller.organisation_id
        minute = self._clock() // _MINUTE
        received = await self._directory.read_received(organisation_id, minute - 60)
        return UsageReport(
            await self._stored(organisation_id),
            received.get(minute - 1, 0),
            sum(events for at, events in received.items() if at < minute),
        )

    async def _stored(self, organisation_id: int) -> StoredUsage:
        known = self._known.get(organisation_id)
        if known is None or known[1] < self._ticks():
            stored = await self._read_usage(organisation_id)
            self._known = {number: each for number, each in self._known.items() if each[1] > self._ticks()}
            known = self._known[organisation_id] = stored, self._ticks() + _FRESH_SECONDS
        return known[0]
