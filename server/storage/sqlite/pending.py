"""`pending`: a row a commit or deletion, which tells the indexer what is new, what grew, and what is gone.

A row is the msgpack array `[keys, repeats]` or `[keys, repeats, deleted]`: keys of new entries, the first, then
differences; what repeats added to which entry, as pairs of key and count; and the entries that were deleted. Whoever
deletes entries writes the row in the same transaction.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import msgspec


class DeletedEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it was when it was deleted: `event_count` with its repeats, `data` what its row held."""

    key: int
    organisation: int
    event_count: int
    data: bytes


class Changes(msgspec.Struct, frozen=True, array_like=True):
    """What one row tells. No row has both new entries and deleted ones."""

    keys: list[int]
    repeats: list[tuple[int, int]]
    deleted: list[DeletedEntry] = []

    @property
    def count(self) -> int:
        """How many entries it is about."""
        return len(self.keys) + len(self.repeats) + len(self.deleted)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Changes).decode

HAS_DELETED = "substr(changes, 1, 1) = x'93'"
"""In SQL: whether a row tells of deleted entries, which shows in the length of its array."""


def encode_changes(
    keys: Sequence[int], repeats: Iterable[tuple[int, int]], deleted: Sequence[DeletedEntry] = ()
) -> bytes:
    """The `changes` of a row; `keys` in ascending order."""
    differences = [*keys[:1], *(after - before for before, after in pairwise(keys))]
    return _encode((differences, list(repeats), list(deleted)) if deleted else (differences, list(repeats)))


def decode_changes(changes: bytes) -> Changes:
    """What a row tells."""
    read = _decode(changes)
    return msgspec.structs.replace(read, keys=list(accumulate(read.keys)))
