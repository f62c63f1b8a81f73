"""What a commit writes: units of one document each, so that each is there as a whole or not at all.

A plain event is a unit. All events of a batch that ask for one window are a unit too: the window's opener, if it is
not open, or else a page that adds them to the opener's entry.
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from server.core.debounce import SAMPLE_NUMBERS, is_sample
from server.core.stored import Repeats
from server.storage.mongo.documents import PreparedEvent, claims
from server.storage.mongo.fields import event_fields
from server.storage.mongo.windows import KnownWindow, window_keys


class Unit:
    """Events that are written as one document. `places` are theirs in the batch."""

    def __init__(self, events: list[PreparedEvent], places: list[int]) -> None:
        self.events = events
        self.places = places
        self.page: KnownWindow | None = None
        self.document_id: bytes | str = events[0].document_id
        window = events[0].window
        self.window_keys: list[bytes] = [] if window is None else window_keys(window.identity)
        """What it claims as an opener."""

    @property
    def entry(self) -> bytes:
        """The entry that holds the events once the unit is written."""
        return self.page.entry if self.page is not None else self.events[0].document_id

    @property
    def origin(self) -> bytes | str:
        """What the document says it was prepared as, if this unit is what was written (`documents.origin_of`)."""
        first = self.events[0]
        return first.prepared_as if first.window is None else self.document_id

    @property
    def identity(self) -> bytes | None:
        """The window's, if the events ask for one."""
        window = self.events[0].window
        return None if window is None else window.identity

    def take_duplicates(self, holders: Mapping[bytes, bytes]) -> dict[int, bytes]:
        """Take out the events whose claim somebody holds; by their places, the entries that have them."""
        kept: list[tuple[PreparedEvent, int]] = []
        duplicates: dict[int, bytes] = {}
        for event, place in zip(self.events, self.places, strict=True):
            holder = None if event.claim is None else holders.get(event.claim)
            if holder is None:
                kept.append((event, place))
            else:
                duplicates[place] = holder
        self.events, self.places = [event for event, _ in kept], [place for _, place in kept]
        return duplicates

    def document(self, known: KnownWindow | None, now: int) -> Any:
        """The document to insert, given what is known of the window."""
        first = self.events[0]
        if first.window is None:
            self.document_id = first.document_id
            return first.document
        self.page = known
        if known is not None:
            number = known.pages + 1
            self.document_id = f"{known.chain}/{number}"
            return self._page(known, number, now)
        self.document_id = first.document_id
        return self._opener(now + first.window.interval, now)

    def counts_from(self, count: int) -> list[int]:
        """The entry's count with each of the events, if it was `count` before the first of them."""
        return list(accumulate((event.totals.event_count for event in self.events), initial=count))[1:]

    @property
    def event_count(self) -> int:
        """How many events the unit stands for."""
        return sum(event.totals.event_count for event in self.events)

    def _opener(self, end: int, now: int) -> dict[str, Any]:
        first = self.events[0]
        assert first.window is not None
        return {
            "_id": first.document_id,
            "organisation": first.organisation,
            "event_count": self.event_count,
            **event_fields(first.event),
            "window": self.window_keys,
            "window_end": end,
            **totals_fields(self._totals()),
            **self._claims(now),
        }

    def _page(self, known: KnownWindow, number: int, now: int) -> dict[str, Any]:
        return {
            "_id": self.document_id,
            "organisation": self.events[0].organisation,
            "entry": known.entry,
            "unfolded": known.entry,
            "chain": known.chain,
            "number": number,
            "page_time": now,
            "event_count": self.event_count,
            **totals_fields(self._totals()),
            **self._claims(now),
        }

    def samples_from(self, count: int) -> list[dict[str, Any]]:
        """Those of the events that are kept as samples, if the entry's count was `count` before them."""
        if count >= SAMPLE_NUMBERS[-1]:
            return []
        samples = []
        for event, after in zip(self.events, self.counts_from(count), strict=True):
            before = after - event.event_count
            # The opener itself is the entry.
            if before and is_sample(before, after):
                samples.append({"event_count": after, **event_fields(event.event)})
        return samples

    def _claims(self, now: int) -> dict[str, Any]:
        # Events of one request have one claim.
        return claims(list(dict.fromkeys(event.claim for event in self.events if event.claim is not None)), now)

    def _totals(self) -> Repeats:
        total = self.events[0].totals
        count, first, last = total.event_count, total.first_event_time, total.last_event_time
        received, requested = total.last_receive_time, total.requested
        # A loop, because a hot window has thousands of events in a commit.
        for event in self.events[1:]:
            total = event.totals
            count += total.event_count
            first = min(first, total.first_event_time)
            last = max(last, total.last_event_time)
            received = max(received, total.last_receive_time)
            if total.requested is not None:
                requested = total.requested or bool(requested)
        return Repeats(count, first, last, received, requested)


def totals_fields(totals: Repeats) -> dict[str, Any]:
    """Totals as fields of a document."""
    fields: dict[str, Any] = {
        "total_first_event_time": totals.first_event_time,
        "total_last_event_time": totals.last_event_time,
        "last_receive_time": totals.last_receive_time,
    }
    if totals.requested is not None:
        fields["total_requested"] = totals.requested
    return fields
