"""Debounce windows as the writer sees them: the open ones in memory, all of them in the file."""

from collections.abc import Collection, Iterable
from typing import Any

import apsw
import msgspec

from server.core.debounce import SAMPLE_NUMBERS, is_sample
from server.core.stored import first_repeats
from server.storage.sqlite.codec import PreparedEvent, decode_event, repeats_of
from server.storage.sqlite.statements import Row, as_hex_list

_REMEMBERED_WINDOWS = 50_000
_SELECT = """
    SELECT w.identity, w.key, w.end_time, e.event_count, e.data,
           r.event_count, r.first_event_time, r.last_event_time, r.last_receive_time, r.requested
    FROM windows w JOIN entries e ON e.key = w.key LEFT JOIN repeats r ON r.key = w.key
    WHERE w.identity IN (SELECT unhex(value) FROM json_each(?))
"""


class OpenWindow(msgspec.Struct):
    """A window and the totals of its entry. `end` is exclusive, in nanoseconds."""

    key: int
    end: int
    event_count: int
    first_event_time: int
    last_event_time: int
    last_receive_time: int
    requested: bool | None

    def add(self, event: PreparedEvent) -> bool:
        """Fold a repeat in; whether the event is one of those kept as a sample."""
        before = self.event_count
        self.event_count = after = before + event.event_count
        self.first_event_time = min(self.first_event_time, event.first_event_time)
        self.last_event_time = max(self.last_event_time, event.last_event_time)
        self.last_receive_time = max(self.last_receive_time, event.receive_time)
        if event.requested is not None:
            self.requested = event.requested or bool(self.requested)
        return before < SAMPLE_NUMBERS[-1] and is_sample(before, after)


class Windows:
    """The windows of the one writer. After a failed commit `forget` makes the file speak again."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: dict[bytes, OpenWindow] = {}
        self._opened: dict[bytes, OpenWindow] = {}
        self._repeated: dict[int, OpenWindow] = {}

    def begin(self, identities: Collection[bytes]) -> None:
        """Have these windows at hand, as far as they exist."""
        self._opened.clear()
        self._repeated.clear()
        if len(self._known) > _REMEMBERED_WINDOWS:
            self._known.clear()
        unknown = [identity for identity in identities if identity not in self._known]
        if unknown:
            for identity, *columns in self._connection.execute(_SELECT, (as_hex_list(unknown),)):
                self._known[identity] = _window(*columns)

    def open_at(self, identity: bytes, now: int) -> OpenWindow | None:
        """The window that is open now; a clock that reads earlier than its begin belongs to it too."""
        window = self._known.get(identity)
        return window if window is not None and now < window.end else None

    def open(self, identity: bytes, key: int, end: int, event: PreparedEvent) -> None:
        """A window begins with this event, whose entry has this key."""
        self._known[identity] = self._opened[identity] = OpenWindow(
            key,
            end,
            event.event_count,
            event.first_event_time,
            event.last_event_time,
            event.receive_time,
            event.requested,
        )

    def add(self, window: OpenWindow, event: PreparedEvent) -> bool:
        """Add a repeat to a window's entry; whether it is kept as a sample."""
        self._repeated[window.key] = window
        return window.add(event)

    def opened_rows(self) -> list[Row]:
        """Rows of the windows that this commit opened."""
        return [(identity, window.key, window.end) for identity, window in self._opened.items()]

    def repeats_rows(self) -> list[Row]:
        """Rows of the entries that this commit added to: one an entry, however many repeats it had."""
        return [
            (
                key,
                window.event_count,
                window.first_event_time,
                window.last_event_time,
                window.last_receive_time,
                window.requested,
            )
            for key, window in self._repeated.items()
        ]

    def forget(self) -> None:
        """Drop what memory holds; the file is right."""
        self._known.clear()

    def forget_deleted(self, windows: Iterable[tuple[bytes, int]]) -> None:
        """Drop windows, by identity, whose entries (by key) were deleted."""
        for identity, key in windows:
            known = self._known.get(identity)
            if known is not None and known.key == key:
                del self._known[identity]

    def forget_ended(self, now: int) -> None:
        """Drop windows that ended before now."""
        self._known = {identity: window for identity, window in self._known.items() if window.end > now}


def _window(key: int, end: int, event_count: int, data: bytes, *repeats: Any) -> OpenWindow:
    totals = repeats_of(repeats) or first_repeats(decode_event(data), event_count)
    return OpenWindow(key, end, *msgspec.structs.astuple(totals))
