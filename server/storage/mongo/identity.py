"""Ids of entries: organisation, event time in milliseconds, arrival in microseconds, process.

They sort as entries are read: by organisation, then time, then arrival. A process never gives one out twice, and its
40 random bits keep it apart from every other.
"""

import secrets
from time import time_ns

_TIME_OFFSET = 1 << 47
"""Makes times before 1970 sort before those after."""
_ORGANISATION_BYTES, _TIME_BYTES, _ARRIVAL_BYTES, _PROCESS_BYTES = 4, 6, 7, 5
KEY_BYTES = _TIME_BYTES + _ARRIVAL_BYTES + _PROCESS_BYTES
"""Of an id without its organisation."""


class EntryIds:
    """Gives out the ids of one process."""

    def __init__(self) -> None:
        self.process = secrets.token_bytes(_PROCESS_BYTES)
        self._last_arrival = 0

    def take(self, organisation_id: int, event_milliseconds: int) -> bytes:
        """A new id, of an event that arrives now; two arrivals of one process are never the same."""
        arrival = self._last_arrival = max(self._last_arrival + 1, time_ns() // 1000)
        return b"".join(
            (
                organisation_prefix(organisation_id),
                time_prefix(event_milliseconds),
                arrival.to_bytes(_ARRIVAL_BYTES, "big"),
                self.process,
            )
        )


def organisation_prefix(organisation_id: int) -> bytes:
    """What all ids of an organisation begin with."""
    return organisation_id.to_bytes(_ORGANISATION_BYTES, "big")


def time_prefix(milliseconds: int) -> bytes:
    """What the keys of a millisecond begin with."""
    return (milliseconds + _TIME_OFFSET).to_bytes(_TIME_BYTES, "big")


def key_of(document_id: bytes) -> bytes:
    """An id without its organisation: what a page token holds."""
    return document_id[_ORGANISATION_BYTES:]


def entry_id_of(document_id: bytes) -> str:
    """The public name of an entry: its key in hex, without the organisation, so that a foreign name names nothing."""
    return key_of(document_id).hex()


def document_id_of(organisation_id: int, entry_id: str) -> bytes | None:
    """The id behind a public name; None for a text that cannot be one."""
    if len(entry_id) != 2 * KEY_BYTES or not set(entry_id) <= set("0123456789abcdef"):
        return None
    return organisation_prefix(organisation_id) + bytes.fromhex(entry_id)
