"""What entries add up to now: their documents, and the pages that are not folded into them yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from server.core.stored import Repeats
from server.storage.mongo.fields import event_of, totals_of
from server.storage.mongo.folding import is_folded, unfolded_pages
from server.storage.mongo.schema import IS_ENTRY, WITHOUT_IDS


async def read_current(entries: Any, organisation_id: int, entry_ids: Iterable[bytes]) -> dict[bytes, dict[str, Any]]:
    """Entries' documents and totals: pages are read first, so that one which is folded meanwhile still counts once."""
    wanted = list(entry_ids)
    pages: dict[bytes, list[Mapping[str, Any]]] = {}
    for page in await unfolded_pages(entries, organisation_id, wanted):
        pages.setdefault(page["entry"], []).append(page)
    documents: dict[bytes, dict[str, Any]] = {}
    named = {"_id": {"$in": wanted}, "organisation": organisation_id, **IS_ENTRY}
    async for document in entries.find(named, WITHOUT_IDS):
        document["totals"] = _with_pages(document, pages.get(document["_id"], ()))
        documents[document["_id"]] = document
    return documents


def _with_pages(document: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> Repeats:
    totals = totals_of(document, event_of(document))
    folds = document.get("folds", {})
    for page in pages:
        if not is_folded(page, folds):
            totals = _plus(totals, page)
    return totals


def _plus(totals: Repeats, page: Mapping[str, Any]) -> Repeats:
    requested = page.get("total_requested")
    return Repeats(
        totals.event_count + page["event_count"],
        min(totals.first_event_time, page["total_first_event_time"]),
        max(totals.last_event_time, page["total_last_event_time"]),
        max(totals.last_receive_time, page["last_receive_time"]),
        totals.requested if requested is None else requested or bool(totals.requested),
    )
