"""Reading entries: a scan of an organisation's ids, newest first, each entry checked against the filter exactly.

The ids are walked in slices, so that a long search can stop at any time and say where it goes on.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from server.core.model import NANOSECONDS_PER_MILLISECOND, Entry, EntryPage, Sample
from server.core.paging import invalid_page_token
from server.core.query import MAX_PAGE_BYTES, EntryFilter, Page, matches
from server.core.stored import entry_of
from server.storage.mongo.collection import Entries
from server.storage.mongo.fields import LARGE_FIELDS, event_of, totals_of
from server.storage.mongo.identity import (
    KEY_BYTES,
    document_id_of,
    entry_id_of,
    key_of,
    organisation_prefix,
    time_prefix,
)
from server.storage.mongo.samples import read_samples
from server.storage.mongo.schema import IS_ENTRY, WITHOUT_IDS
from server.storage.mongo.totals import read_current

_SEARCH_SECONDS = 2.0
_FIRST_SLICE, _LARGEST_SLICE = 256, 4096


async def find_entries(entries: Entries, organisation: tuple[int, str], filters: EntryFilter, page: Page) -> EntryPage:
    """A page of matching entries of an organisation (number and name); short, with a key to go on, when time is up."""
    number = organisation[0]
    lowest, before = id_range(number, filters, page.before_key)
    deadline = monotonic() + _SEARCH_SECONDS
    found: list[dict[str, Any]] = []
    size = 0
    slice_size = max(_FIRST_SLICE, page.size + 1)
    while (end := await slice_end(entries.durable, between(number, lowest, before), slice_size)) is not None:
        async for document in entries.durable.find(wanted(between(number, end, before), filters), WITHOUT_IDS).sort(
            "_id", -1
        ):
            if matches(filters, event_of(document)):
                if len(found) == page.size:
                    return EntryPage(await _entries(entries, organisation, found), key_of(found[-1]["_id"]))
                found.append(document)
                size += sum(len(document.get(name, "")) for name in LARGE_FIELDS)
                if size > MAX_PAGE_BYTES:
                    return EntryPage(await _entries(entries, organisation, found), key_of(document["_id"]))
        before = end
        slice_size = min(2 * slice_size, _LARGEST_SLICE)
        if monotonic() > deadline:
            return EntryPage(await _entries(entries, organisation, found), key_of(before))
    return EntryPage(await _entries(entries, organisation, found), None)


async def get_entry(entries: Entries, organisation: tuple[int, str], entry_id: str) -> Entry | None:
    """One entry of an organisation."""
    document_id = document_id_of(organisation[0], entry_id)
    if document_id is None:
        return None
    wanted = {"_id": document_id, "organisation": organisation[0], **IS_ENTRY}
    document = await entries.durable.find_one(wanted, WITHOUT_IDS)
    return None if document is None else (await _entries(entries, organisation, [document]))[0]


def id_range(organisation_id: int, filters: EntryFilter, before_key: bytes | None = None) -> tuple[bytes, bytes]:
    """The lowest id that an entry of a filter's range can have, and the first that none has; or else a key's id."""
    prefix = organisation_prefix(organisation_id)
    lowest, before = prefix, organisation_prefix(organisation_id + 1)
    if filters.from_time is not None:
        lowest = prefix + time_prefix(filters.from_time // NANOSECONDS_PER_MILLISECOND)
    if filters.to_time is not None:
        before = prefix + time_prefix(filters.to_time // NANOSECONDS_PER_MILLISECOND + 1)
    if before_key is not None:
        if len(before_key) != KEY_BYTES:
            raise invalid_page_token()
        before = min(before, prefix + before_key)
    # Bytes are compared by their length first: every bound has the length of an id.
    length = len(prefix) + KEY_BYTES
    return lowest.ljust(length, b"\0"), before.ljust(length, b"\0")


def between(organisation_id: int, lowest: bytes, before: bytes) -> dict[str, Any]:
    """Ids say the organisation too; the field is what leads a sharded cluster to the right shard."""
    return {"organisation": organisation_id, "_id": {"$gte": lowest, "$lt": before}}


def wanted(between_ids: dict[str, Any], filters: EntryFilter) -> dict[str, Any]:
    """The same and what else MongoDB can check by itself."""
    if not filters.levels:
        return {**between_ids, **IS_ENTRY}
    return {**between_ids, "level": {"$in": sorted(int(level) for level in filters.levels)}}


async def slice_end(entries: Any, between_ids: dict[str, Any], size: int) -> bytes | None:
    """The id of the last entry of a slice; None if there is none left."""
    async for document in entries.find(between_ids, {"_id": 1}).sort("_id", -1).skip(size - 1).limit(1):
        return bytes(document["_id"])
    async for document in entries.find(between_ids, {"_id": 1}).sort("_id", 1).limit(1):
        return bytes(document["_id"])
    return None


async def _entries(entries: Entries, organisation: tuple[int, str], found: list[dict[str, Any]]) -> list[Entry]:
    windowed = [document["_id"] for document in found if "window_end" in document]
    current: dict[bytes, dict[str, Any]] = {}
    samples: dict[bytes, list[Sample]] = {}
    if windowed:
        samples = await read_samples(entries.samples, organisation[0], windowed)
        current = await read_current(entries.durable, organisation[0], windowed)
    return [
        _entry(organisation[1], current.get(document["_id"], document), samples.get(document["_id"], ()))
        for document in found
    ]


def _entry(organisation: str, document: Mapping[str, Any], samples: Sequence[Sample]) -> Entry:
    event = event_of(document)
    return entry_of(
        entry_id=entry_id_of(document["_id"]),
        organisation=organisation,
        event=event,
        window_end=document.get("window_end"),
        repeats=document.get("totals") or totals_of(document, event),
        samples=samples,
    )
