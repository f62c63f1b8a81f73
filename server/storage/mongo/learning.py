"""What a refused insert teaches: which window is open already, which event ids are claimed, and by whom."""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne

from server.core.model import NANOSECONDS_PER_SECOND
from server.storage.mongo.documents import forget_claims
from server.storage.mongo.units import Unit
from server.storage.mongo.windows import Windows

EVENT_ID_NANOSECONDS = 24 * 3600 * NANOSECONDS_PER_SECOND
"""How long an event id is remembered."""

_CLAIM = {"event_ids": 1, "entry": 1, "claim_time": 1}
_WINDOW = {"window": 1, "window_end": 1}


async def learn_windows(entries: Any, windows: Windows, units: Sequence[Unit], now: int) -> set[Any]:
    """Remember the open windows that are in the units' way, end those that are over; ids of units found there."""
    own: set[Any] = set()
    for organisation, group in _by_organisation(units):
        mine = {unit.document_id for unit in group}
        over: list[UpdateOne] = []
        wanted = {"organisation": organisation, "window": {"$in": [unit.identity for unit in group]}}
        async for holder in entries.find(wanted, _WINDOW):
            if holder["_id"] in mine:
                own.add(holder["_id"])
            elif holder["window_end"] > now:
                windows.remember_document(holder)
            else:
                ended = {"_id": holder["_id"], "organisation": organisation, "window": holder["window"]}
                over.append(UpdateOne(ended, {"$unset": {"window": 1}}))
        if over:
            await entries.bulk_write(over, ordered=False)
    return own


async def learn_ids(entries: Any, units: Sequence[Unit], now: int, entry_of_place: dict[int, bytes]) -> set[Any]:
    """Take duplicates out of the units and note their entries, free expired claims; ids of units found there."""
    own: set[Any] = set()
    for organisation, group in _by_organisation(units):
        mine = {unit.document_id for unit in group}
        hashes = {event.id_hash for unit in group for event in unit.events if event.id_hash is not None}
        holder_entries: dict[bytes, bytes] = {}
        expired: list[UpdateOne] = []
        wanted = {"organisation": organisation, "event_ids": {"$in": list(hashes)}}
        async for holder in entries.find(wanted, _CLAIM):
            if holder["_id"] in mine:
                own.add(holder["_id"])
                continue
            claimed = hashes.intersection(map(bytes, holder["event_ids"]))
            if holder["claim_time"] > now - EVENT_ID_NANOSECONDS:
                holder_entries.update(dict.fromkeys(claimed, holder.get("entry", holder["_id"])))
            else:
                name = {"_id": holder["_id"], "organisation": organisation}
                expired.append(UpdateOne(name, forget_claims(list(claimed))))
        if expired:
            await entries.bulk_write(expired, ordered=False)
        for unit in group:
            if unit.document_id not in own:
                entry_of_place.update(unit.take_duplicates(holder_entries))
    return own


def _by_organisation(units: Iterable[Unit]) -> list[tuple[int, list[Unit]]]:
    groups: dict[int, list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.events[0].organisation, []).append(unit)
    return list(groups.items())
