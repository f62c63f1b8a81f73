"""Ids of entries: organisation, event time in milliseconds, arrival in microseconds, process.

They sort as entries are read: by organisation, then time, then arrival. A process never gives one out twice, and its
40 random bits keep it apart from every other.
"""

import secrets
from time import time_ns
from weakref import WeakKeyDictionary

from server.core.model import Request

_TIME_OFFSET = 1 << 47
"""Makes times before 1970 sort before those after."""
_ORGANISATION_BYTES, _TIME_BYTES, _ARRIVAL_BYTES, _PROCESS_BYTES = 4, 6, 7, 5
KEY_BYTES = _TIME_BYTES + _ARRIVAL_BYTES + _PROCESS_BYTES
"""Of an id without its organisation."""
ID_BYTES = _ORGANISATION_BYTES + KEY_BYTES


class EntryIds:
    """Gives out the ids of one process."""

    def __init__(self) -> None:
        self.process = secrets.token_bytes(_PROCESS_BYTES)
        self._last_arrival = 0
        self._bases: WeakKeyDictionary[Request, int] = WeakKeyDictionary()

    def take(
        self, organisation_id: int, event_milliseconds: int, request: Request | None = None, position: int = 0
    ) -> bytes:
        """A new id, of an event that arrives now; two arrivals of one process are never the same.

        The events of a request arrive one behind the other, however its preparation was interrupted.
        """
        arrival = self._arrive(1) if request is None else self.base_of(request) + position
        return organisation_prefix(organisation_id) + time_prefix(event_milliseconds) + _tail(arrival, self.process)

    def base_of(self, request: Request) -> int:
        """The arrival of the request's first event; as many as the request has events are taken."""
        base = self._bases.get(request)
        if base is None:
            base = self._bases[request] = self._arrive(request.size)
        return base

    def _arrive(self, count: int) -> int:
        first = max(self._last_arrival + 1, time_ns() // 1000)
        self._last_arrival = first + count - 1
        return first


def adopted(document_id: bytes, arrival: int, process: bytes) -> bytes:
    """The id that the same event has from another process, where it arrived then."""
    return document_id[: _ORGANISATION_BYTES + _TIME_BYTES] + _tail(arrival, process)


def organisation_prefix(organisation_id: int) -> bytes:
    """What all ids of an organisation begin with."""
    return organisation_id.to_bytes(_ORGANISATION_BYTES, "big")


def time_prefix(milliseconds: int) -> bytes:
    """What the keys of a millisecond begin with."""
    return (milliseconds + _TIME_OFFSET).to_bytes(_TIME_BYTES, "big")


def _tail(arrival: int, process: bytes) -> bytes:
    return arrival.to_bytes(_ARRIVAL_BYTES, "big") + process


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
