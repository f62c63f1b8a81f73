"""What the indexer hands to projections, and what a projection is."""

from typing import Protocol

import apsw
import msgspec

from server.core.stored import Repeats, StoredEvent


class AddedEntry(msgspec.Struct, frozen=True):
    """A new entry. `totals` are its first event's; of one that was there before the index, all of its events'."""

    key: int
    organisation: int
    event: StoredEvent
    totals: Repeats


class RepeatedEntry(msgspec.Struct, frozen=True):
    """An entry that repeats were added to. `event` is the entry's (first) event, `added` how many events came.

    `totals` are those of the entry, which may count later repeats, too: they are told of in a later batch.
    """

    key: int
    organisation: int
    event: StoredEvent
    added: int
    totals: Repeats


class RemovedEntry(msgspec.Struct, frozen=True):
    """An entry that was deleted. `event_count` is the sum of what was told of it before: added, and repeated."""

    key: int
    organisation: int
    event: StoredEvent
    event_count: int


class Batch(msgspec.Struct, frozen=True):
    """What happened since the last batch, each list by key. A key that is both removed and added was used again."""

    removed: list[RemovedEntry]
    added: list[AddedEntry]
    repeated: list[RepeatedEntry]


class Projection(Protocol):
    """Something that is kept of the log in the index file.

    All methods are called inside a transaction, the one that also moves the index's position: each entry and each
    repeat is told once, whatever dies in between. `version` changes with what a projection writes; the index is then
    made anew.
    """

    name: str
    version: int

    def create(self, connection: apsw.Connection) -> None:
        """Make the tables in an empty file."""

    def apply(self, connection: apsw.Connection, batch: Batch) -> None:
        """Write a batch: what is removed first, then what is added, then what is repeated."""

    def forget(self) -> None:
        """What memory holds of the file may not be so: a transaction failed, or the file is another one."""
