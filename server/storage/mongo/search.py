"""Reading entries: a scan of an organisation's ids, newest first, each entry checked against the filter exactly.

The ids are walked in slices, so that a long search can stop at any time and say where it goes on.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from server.core.model import NANOSECONDS_PER_MILLISECOND, Entry, EntryPage
from server.core.query import EntryFilter, Page, matches
from server.core.stored import entry_of, sample_of
from server.storage.mongo.documents import event_of, totals_of
from server.storage.mongo.identity import (
    KEY_BYTES,
    document_id_of,
    entry_id_of,
    key_of,
    organisation_prefix,
    time_prefix,
)
from server.storage.mongo.totals import read_current

_SEARCH_SECONDS = 2.0
_FIRST_SLICE, _LARGEST_SLICE = 256, 4096
_WITHOUT_IDS = {"event_ids": 0}


async def find_entries(entries: Any, organisation: tuple[int, str], filters: EntryFilter, page: Page) -> EntryPage:
    """A page of matching entries of an organisation (number and name); short, with a key to go on, when time is up."""
    lowest, before = _id_range(organisation[0], filters, page)
    deadline = monotonic() + _SEARCH_SECONDS
    found: list[dict[str, Any]] = []
    slice_size = max(_FIRST_SLICE, page.size + 1)
    while (slice_end := await _slice_end(entries, lowest, before, slice_size)) is not None:
        async for document in entries.find(_wanted(slice_end, before, filters), _WITHOUT_IDS).sort("_id", -1):
            if matches(filters, event_of(document)):
                if len(found) == page.size:
                    return EntryPage(await _entries(entries, organisation, found), key_of(found[-1]["_id"]))
                found.append(document)
        before = slice_end
        slice_size = min(2 * slice_size, _LARGEST_SLICE)
        if monotonic() > deadline:
            return EntryPage(await _entries(entries, organisation, found), key_of(before))
    return EntryPage(await _entries(entries, organisation, found), None)


async def get_entry(entries: Any, organisation: tuple[int, str], entry_id: str) -> Entry | None:
    """One entry of an organisation."""
    document_id = document_id_of(organisation[0], entry_id)
    document = None if document_id is None else await entries.find_one({"_id": document_id}, _WITHOUT_IDS)
    return None if document is None else (await _entries(entries, organisation, [document]))[0]


def _id_range(organisation_id: int, filters: EntryFilter, page: Page) -> tuple[bytes, bytes]:
    prefix = organisation_prefix(organisation_id)
    lowest, before = prefix, organisation_prefix(organisation_id + 1)
    if filters.from_time is not None:
        lowest = prefix + time_prefix(filters.from_time // NANOSECONDS_PER_MILLISECOND)
    if filters.to_time is not None:
        before = prefix + time_prefix(filters.to_time // NANOSECONDS_PER_MILLISECOND + 1)
    if page.before_key is not None:
        before = min(before, prefix + page.before_key)
    # Bytes are compared by their length first: every bound has the length of an id.
    length = len(prefix) + KEY_BYTES
    return lowest.ljust(length, b"\0"), before.ljust(length, b"\0")


def _wanted(lowest: bytes, before: bytes, filters: EntryFilter) -> dict[str, Any]:
    wanted: dict[str, Any] = {"_id": {"$gte": lowest, "$lt": before}}
    if filters.levels:
        wanted["level"] = {"$in": sorted(int(level) for level in filters.levels)}
    return wanted


async def _slice_end(entries: Any, lowest: bytes, before: bytes, size: int) -> bytes | None:
    """The id of the last entry of a slice; None if there is none left."""
    ids = entries.find({"_id": {"$gte": lowest, "$lt": before}}, {"_id": 1}).sort("_id", -1)
    async for document in ids.skip(size - 1).limit(1):
        return bytes(document["_id"])
    ids = entries.find({"_id": {"$gte": lowest, "$lt": before}}, {"_id": 1}).sort("_id", 1)
    async for document in ids.limit(1):
        return bytes(document["_id"])
    return None


async def _entries(entries: Any, organisation: tuple[int, str], found: list[dict[str, Any]]) -> list[Entry]:
    windowed = [document["_id"] for document in found if "window_end" in document]
    current = await read_current(entries, organisation[0], windowed) if windowed else {}
    return [_entry(organisation[1], current.get(document["_id"], document)) for document in found]


def _entry(organisation: str, document: Mapping[str, Any]) -> Entry:
    event = event_of(document)
    samples = sorted(document.get("samples", ()), key=lambda sample: int(sample["event_count"]))
    return entry_of(
        entry_id=entry_id_of(document["_id"]),
        organisation=organisation,
        event=event,
        window_end=document.get("window_end"),
        repeats=document.get("totals") or totals_of(document, event),
        samples=[sample_of(event_of(sample), sample["event_count"]) for sample in samples],
    )
