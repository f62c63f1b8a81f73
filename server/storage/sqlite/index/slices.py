"""Slices: the time axis cut into ranges of keys, each with a table of its own.

A slice is a day, as long as its time is near. Clocks that say 1970 or 2200 get wider ones, so that no client can make
more than some hundred tables.
"""

from bisect import bisect_right

import apsw
import msgspec

from server.storage.sqlite.keyspace import HIGHEST_KEY, LOWEST_KEY, first_key

_DAY = first_key(24 * 3600 * 1000)
_ERA = 512 * _DAY
_NEAR = 400 * _DAY

SCHEMA = """
    CREATE TABLE slices (
        id INTEGER PRIMARY KEY,
        first_key INTEGER NOT NULL UNIQUE,
        end_key INTEGER NOT NULL,
        entries INTEGER NOT NULL
    ) STRICT
"""


class Slice(msgspec.Struct):
    """Keys from `first_key` to before `end_key`. `entries` are those that are there still."""

    id: int
    first_key: int
    end_key: int
    entries: int = 0


def read_slices(connection: apsw.Connection) -> list[Slice]:
    """All slices, the earliest first."""
    rows = connection.execute("SELECT id, first_key, end_key, entries FROM slices ORDER BY first_key")
    return [Slice(*row) for row in rows]


class Slices:
    """The slices as their one writer knows them."""

    def __init__(self, slices: list[Slice]) -> None:
        self._slices = slices
        self._firsts = [each.first_key for each in slices]

    def find(self, key: int) -> Slice | None:
        """The slice of a key, if there is one."""
        place = bisect_right(self._firsts, key) - 1
        if place >= 0 and key < self._slices[place].end_key:
            return self._slices[place]
        return None

    def make(self, key: int, now_key: int) -> Slice:
        """A new slice around a key that has none. `now_key` is a key of the present."""
        place = bisect_right(self._firsts, key)
        width = _DAY if abs(key - now_key) < _NEAR else _ERA
        first = key - key % width
        lowest = self._slices[place - 1].end_key if place > 0 else LOWEST_KEY
        highest = self._slices[place].first_key if place < len(self._slices) else HIGHEST_KEY
        number = 1 + max((each.id for each in self._slices), default=0)
        made = Slice(number, max(first, lowest), min(first + width, highest))
        self._slices.insert(place, made)
        self._firsts.insert(place, made.first_key)
        return made

    def remove(self, gone: Slice) -> None:
        """A slice that has no entries any more."""
        place = self._slices.index(gone)
        del self._slices[place]
        del self._firsts[place]
