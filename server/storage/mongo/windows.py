"""Debounce windows: the keys by which they follow one another, and what one process remembers of them.

A window has two keys, unique in the database, and its opener holds one of them or both. Who knows of no opener claims
both. When a window is over, its opener gives up one key, for the next opener, and keeps the other until the one after
that: so at any time an opener without knowledge meets the last one and learns its end, however old its own clock
reading is, and no window begins before the last one has ended.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

_REMEMBERED_WINDOWS = 50_000


def window_keys(identity: bytes) -> list[bytes]:
    """The two keys of a window."""
    return [identity + b"\0", identity + b"\1"]


def identity_of(opener: Mapping[str, Any]) -> bytes:
    """Which window an opener's document holds keys of."""
    return bytes(opener["window"][0][:-1])


class KnownWindow(msgspec.Struct):
    """An open window: its entry, its end (exclusive, nanoseconds of the database's clock), and our pages for it.

    `chain` names the pages that are added under this memory, and no others ever; `pages` is how many there are.
    """

    entry: bytes
    end: int
    chain: str
    pages: int = 0


class Windows:
    """Which entry a window belongs to. Forgetting is always safe: the unique index says it again.

    `process` is a name that no other process has.
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._chains = 0
        self._known: dict[bytes, KnownWindow] = {}

    def open_at(self, identity: bytes, now: int) -> KnownWindow | None:
        """The window, if it is known and open; a clock that reads earlier than its begin belongs to it too."""
        window = self._known.get(identity)
        return window if window is not None and now < window.end else None

    def remember(self, identity: bytes, entry: bytes, end: int) -> None:
        """The database has this window."""
        if len(self._known) >= _REMEMBERED_WINDOWS:
            # The oldest; each new memory of an open window adds a chain to its entry.
            del self._known[next(iter(self._known))]
        self._chains += 1
        self._known[identity] = KnownWindow(entry, end, f"{self._process}-{self._chains}")

    def remember_document(self, document: Mapping[str, Any]) -> None:
        """The same, from its opener's document."""
        self.remember(identity_of(document), document["_id"], document["window_end"])

    def forget(self, identity: bytes) -> None:
        """It may have gone."""
        self._known.pop(identity, None)

    def forget_all(self) -> None:
        """Nothing is sure any more: neither which windows there are, nor which of our pages."""
        self._known.clear()

    def forget_ended(self, now: int) -> None:
        """Those that are over need no memory."""
        self._known = {identity: window for identity, window in self._known.items() if window.end > now}
