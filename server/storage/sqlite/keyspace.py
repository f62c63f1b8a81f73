"""Keys of entries: milliseconds of the event's time << 8 | a counter, so that the log is clustered by time.

A millisecond holds 256 keys; what does not fit spills into the next one with room. The largest spill is remembered,
because a search up to an instant has to look that much further.
"""

from collections.abc import Collection, Iterable

import apsw

from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.paging import invalid_page_token
from server.storage.sqlite.statements import as_list, read_value

LOWEST_KEY, HIGHEST_KEY = -(2**63), 2**63 - 1
"""The numbers that SQLite has for keys."""
SPILL = "largest_spill_milliseconds"
"""The name of the fact."""

_COUNTER_BITS = 8
_KEY_BYTES = 8
_REMEMBERED_MILLISECONDS = 100_000
_TAKEN = """
    SELECT group_concat((SELECT max(key) FROM entries WHERE key >= value << 8 AND key < value + 1 << 8))
    FROM json_each(?)
"""
_LANDING = """
    WITH RECURSIVE passed (at) AS (
        VALUES (?) UNION ALL SELECT at + 1 FROM passed WHERE EXISTS (SELECT 1 FROM entries WHERE key = at << 8 | 255)
    ) SELECT max(at) FROM passed
"""
_SCAN_END = "SELECT min(key) FROM (SELECT key FROM entries WHERE key < ? AND key >= ? ORDER BY key DESC LIMIT ?)"


def first_key(milliseconds: int) -> int:
    """The smallest key of a millisecond."""
    return milliseconds << _COUNTER_BITS


def key_to_bytes(key: int) -> bytes:
    """A key as the core holds it."""
    return key.to_bytes(_KEY_BYTES, "big", signed=True)


def key_from_bytes(key: bytes) -> int:
    """And back. Raises InvalidField, INVALID_PAGE_TOKEN, for what is no key: only a page token may bring it."""
    if len(key) != _KEY_BYTES:
        raise invalid_page_token()
    return int.from_bytes(key, "big", signed=True)


class Keyspace:
    """Gives out keys. Kept by the one writer; what a rolled-back commit took is merely left out."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        largest = read_value(connection, "SELECT max(key) FROM entries")
        self._largest_key: int = LOWEST_KEY if largest is None else largest
        self.largest_spill = self._saved_spill = read_largest_spill(connection)
        # A millisecond's next free key; a key of a later millisecond says that this one is full, and where to go on.
        self._free: dict[int, int] = {}

    def begin(self, milliseconds: Iterable[int]) -> None:
        """Learn, in one statement, what the file holds of the milliseconds that a commit is going to ask for."""
        free = self._free
        if len(free) > _REMEMBERED_MILLISECONDS:
            free.clear()
        largest = self._largest_key >> _COUNTER_BITS
        unknown = {at for at in milliseconds if at <= largest and at not in free}
        if unknown:
            self._learn(unknown)

    def take(self, milliseconds: int) -> int:
        """The next free key at or after a millisecond that `begin` was told of."""
        key = self._free.get(milliseconds)
        if key is None:
            key = milliseconds << _COUNTER_BITS
        elif key >> _COUNTER_BITS != milliseconds:
            key = self._spill(milliseconds, key)
        self._free[key >> _COUNTER_BITS] = key + 1
        if key > self._largest_key:  # noqa: PLR1730 - max() takes as long as all the rest
            self._largest_key = key
        return key

    def spill_to_save(self) -> int | None:
        """The largest spill, if the file does not know it yet."""
        return self.largest_spill if self.largest_spill > self._saved_spill else None

    def saved(self) -> None:
        """The file has what `spill_to_save` said."""
        self._saved_spill = self.largest_spill

    def _learn(self, unknown: Collection[int]) -> None:
        self._free.update((at, first_key(at)) for at in unknown)
        taken: str | None = read_value(self._connection, _TAKEN, (as_list(unknown),))
        for key in map(int, taken.split(",") if taken else ()):
            self._free[key >> _COUNTER_BITS] = key + 1

    def _spill(self, milliseconds: int, key: int) -> int:
        """A free key behind a full millisecond; `key` is where to look first."""
        at, behind = milliseconds, key >> _COUNTER_BITS
        while behind != at:
            at = behind
            key = self._next_key(at)
            behind = key >> _COUNTER_BITS
        self._free[milliseconds] = first_key(at)
        self.largest_spill = max(self.largest_spill, at - milliseconds)
        return key

    def _next_key(self, milliseconds: int) -> int:
        """A free key, if it is of this millisecond; else one of a later millisecond that may be full, too."""
        key = self._free.get(milliseconds)
        if key is not None:
            return key
        if first_key(milliseconds) > self._largest_key:
            return first_key(milliseconds)
        landing: int = read_value(self._connection, _LANDING, (milliseconds,))
        if landing not in self._free:
            self._learn((landing,))
        return self._free[landing]


def read_largest_spill(connection: apsw.Connection) -> int:
    """How many milliseconds an entry's key may lie behind its event's time."""
    return read_value(connection, "SELECT value FROM facts WHERE name = ?", (SPILL,)) or 0


def key_range(connection: apsw.Connection, from_time: int | None, to_time: int | None) -> tuple[int, int]:
    """The lowest key that an entry of a range can have, and the first that none has any more."""
    lowest, before = LOWEST_KEY, HIGHEST_KEY
    if from_time is not None:
        lowest = first_key(from_time // NANOSECONDS_PER_MILLISECOND)
    if to_time is not None:
        # An entry of the last millisecond may have spilled into later ones.
        before = first_key(to_time // NANOSECONDS_PER_MILLISECOND + read_largest_spill(connection) + 1)
    return lowest, before


def scan_end(connection: apsw.Connection, lowest: int, before: int, most: int) -> int | None:
    """Where a step of a scan ends that goes down through `most` entries: the last one's key, None without any."""
    end: int | None = read_value(connection, _SCAN_END, (before, lowest, most))
    return end
