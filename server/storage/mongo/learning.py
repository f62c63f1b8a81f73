"""What a refused insert teaches: which window is open already, which event ids are claimed, and by whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne

from server.core.retention import EVENT_ID_NANOSECONDS
from server.storage.mongo.documents import forget_claims, origin_of
from server.storage.mongo.units import Unit
from server.storage.mongo.windows import Windows, identity_of, window_keys

_CLAIM = {"event_ids": 1, "entry": 1, "claim_time": 1, "prepared_as": 1}
_WINDOW = {"window": 1, "window_end": 1}


async def learn_windows(entries: Any, windows: Windows, units: Sequence[Unit], now: int) -> set[Any]:
    """Remember the open windows that are in the units' way, end those that are over; ids of units found there."""
    own: set[Any] = set()
    for organisation, group in _by_organisation(units):
        holders = await _holders(entries, organisation, group)
        ended: list[UpdateOne] = []
        for unit in group:
            assert unit.identity is not None
            openers = holders.get(unit.identity, [])
            unit.window_keys = window_keys(unit.identity)
            if any(opener["_id"] == unit.document_id for opener in openers):
                own.add(unit.document_id)
            elif openers and openers[-1]["window_end"] > now:
                windows.remember_document(openers[-1])
            elif openers:
                ended += _give_up_keys(openers, unit, organisation)
        if ended:
            await entries.bulk_write(ended, ordered=False)
    return own


async def _holders(entries: Any, organisation: int, units: Sequence[Unit]) -> dict[bytes, list[dict[str, Any]]]:
    """The openers that hold keys of the units' windows, the last one last."""
    keys = [key for unit in units if unit.identity is not None for key in window_keys(unit.identity)]
    found: dict[bytes, list[dict[str, Any]]] = {}
    async for opener in entries.find({"organisation": organisation, "window": {"$in": keys}}, _WINDOW):
        found.setdefault(identity_of(opener), []).append(opener)
    for openers in found.values():
        openers.sort(key=lambda opener: int(opener["window_end"]))
    return found


def _give_up_keys(openers: Sequence[Mapping[str, Any]], unit: Unit, organisation: int) -> list[UpdateOne]:
    """The last window is over: free one key for the unit, and let the last opener keep the other."""
    last = openers[-1]
    kept = bytes(last["window"][0])
    unit.window_keys = [key for key in unit.window_keys if key != kept]
    updates = [UpdateOne(_as_found(opener, organisation), {"$unset": {"window": 1}}) for opener in openers[:-1]]
    if len(last["window"]) > 1:
        updates.append(UpdateOne(_as_found(last, organisation), {"$set": {"window": [kept]}}))
    return updates


def _as_found(opener: Mapping[str, Any], organisation: int) -> dict[str, Any]:
    return {"_id": opener["_id"], "organisation": organisation, "window": opener["window"]}


async def learn_ids(entries: Any, units: Sequence[Unit], now: int, entry_of_place: dict[int, bytes]) -> dict[Any, Any]:
    """Take duplicates out, note their entries, free expired claims; units that were found there, and their origins."""
    found: dict[Any, Any] = {}
    for organisation, group in _by_organisation(units):
        mine = {unit.document_id for unit in group}
        hashes = {event.claim for unit in group for event in unit.events if event.claim is not None}
        holder_entries: dict[bytes, bytes] = {}
        expired: list[UpdateOne] = []
        wanted = {"organisation": organisation, "event_ids": {"$in": list(hashes)}}
        async for holder in entries.find(wanted, _CLAIM):
            if holder["_id"] in mine:
                found[holder["_id"]] = origin_of(holder)
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
            if unit.document_id not in found:
                entry_of_place.update(unit.take_duplicates(holder_entries))
    return found


def _by_organisation(units: Iterable[Unit]) -> list[tuple[int, list[Unit]]]:
    groups: dict[int, list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.events[0].organisation, []).append(unit)
    return list(groups.items())
