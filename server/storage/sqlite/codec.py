"""What an event is in the file: bytes, the name of its key, and what the writer has to know about it."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from server.core.model import NANOSECONDS_PER_MILLISECOND, Request, Sample, Submission, Window
from server.core.stored import Repeats, StoredEvent, first_repeats, sample_of, stored_event

_ID_OFFSET = 2**63
_ID_DIGITS = frozenset("0123456789abcdef")
_EVENT_OVERHEAD_BYTES = 512
"""What an event costs in memory beside its own bytes while it waits for its commit."""


class PreparedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event encoded for its row, with what the writer has to know about it.

    One whose attributes are not read yet is encoded only if it gets a row: `source` is what it is made from.
    """

    encoded: bytes
    source: Submission | None
    size: int
    level: int
    level_word: str
    organisation: int
    event_count: int
    event_milliseconds: int
    first_event_time: int
    last_event_time: int
    receive_time: int
    requested: bool | None
    window: Window | None
    id_hash: bytes | None
    request: Request | None

    @property
    def data(self) -> bytes:
        """What its row holds."""
        return self.encoded if self.source is None else _encode(stored_event(self.source))


_encode = msgspec.msgpack.Encoder().encode
decode_event = msgspec.msgpack.Decoder(StoredEvent).decode


def encode_submission(submission: Submission) -> PreparedEvent:
    """Encode one event, without touching the file."""
    event = submission.event
    event_time = submission.event_time
    first, last = event.first_event_time, event.last_event_time
    waits = event.unread is not None and submission.window is not None
    data = b"" if waits else _encode(stored_event(submission))
    return PreparedEvent(
        data,
        submission if waits else None,
        (event.size if waits else len(data)) + _EVENT_OVERHEAD_BYTES,
        event.level,
        event.level.word,
        submission.organisation_id,
        event.event_count,
        event_time // NANOSECONDS_PER_MILLISECOND,
        event_time if first is None else first,
        event_time if last is None else last,
        submission.receive_time,
        event.send_notification,
        submission.window,
        submission.id_hash,
        submission.request,
    )


def entry_id_of(key: int) -> str:
    """The public name of a key: 16 hex digits that sort as the keys do."""
    # Every event gets one: half the time of an f-string.
    return (key + _ID_OFFSET).to_bytes(8, "big").hex()


def key_of(entry_id: str) -> int | None:
    """The key of an entry's name; None for a text that cannot be one."""
    if len(entry_id) != 16 or not _ID_DIGITS.issuperset(entry_id):
        return None
    return int(entry_id, 16) - _ID_OFFSET


def decode_samples(samples: Iterable[tuple[int, bytes]]) -> list[Sample]:
    """Samples from the counts and data of their rows, in order."""
    return [sample_of(decode_event(data), event_count) for event_count, data in sorted(samples)]


def repeats_of(columns: Sequence[Any]) -> Repeats | None:
    """An entry's row of `repeats`, without its key; None where the entry has none, and all columns are NULL."""
    event_count, first, last, received, requested = columns
    if event_count is None:
        return None
    return Repeats(event_count, first, last, received, None if requested is None else bool(requested))


def totals_of(event: StoredEvent, event_count: int, columns: Sequence[Any]) -> Repeats:
    """All events of an entry, from its first event, that event's count, and the columns of its row of `repeats`."""
    return repeats_of(columns) or first_repeats(event, event_count)
