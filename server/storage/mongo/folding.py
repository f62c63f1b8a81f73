"""Pages become part of their entries, each exactly once, whoever does it, however often and however late.

The pages that one process adds to one entry are a chain, numbered from 1. An entry says of each chain how far it is
folded (`folds`), in the same write that adds the sum; a page is folded only right behind the page before it. So a
repeated, delayed or reordered attempt changes nothing, for ever. Until a page is folded, readers add it themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from server.core.errors import StoreUnavailable
from server.storage.mongo.collection import Entries
from server.storage.mongo.schema import IS_ENTRY, WITHOUT_IDS

Page = Mapping[str, Any]
Folds = Mapping[str, Mapping[str, int]]
"""By chain: the number of the last `page` that is folded, and the entry's `count` with it."""


async def fold(entries: Entries, pages: Sequence[Page]) -> dict[bytes, int | None]:
    """Fold new pages, one an entry; by entry, its count with the page, or None if the entry is gone.

    The sums may be rolled back with the primary, the pages not: whoever settles them makes the sums durable.
    """
    if not pages:
        return {}
    folds = await _add(entries, pages)
    late = [page for page in pages if page["entry"] in folds and not is_folded(page, folds[page["entry"]])]
    if late:
        # A primary went away with the sum of the page before.
        await fold_durably(entries, late)
        folds |= await read_folds(entries.current, late)
        if not all(is_folded(page, folds.get(page["entry"], {})) for page in late):
            raise StoreUnavailable("MongoDB is changing its primary.")
    return {page["entry"]: _count(page, folds.get(page["entry"])) for page in pages}


async def fold_durably(entries: Entries, pages: Iterable[Page]) -> None:
    """Fold whatever the chains of these pages have, in order, for good."""
    by_organisation: dict[int, set[tuple[bytes, str]]] = {}
    for page in pages:
        by_organisation.setdefault(page["organisation"], set()).add((page["entry"], page["chain"]))
    for organisation, chains in by_organisation.items():
        unfolded = await unfolded_pages(entries.durable, organisation, {entry for entry, _ in chains})
        ours = [page for page in unfolded if (page["entry"], page["chain"]) in chains]
        if ours:
            ours.sort(key=lambda page: int(page["number"]))
            await entries.durable.bulk_write([_fold_update(page) for page in ours], ordered=True)


async def unfolded_pages(entries: Any, organisation_id: int, entry_ids: Iterable[bytes]) -> list[dict[str, Any]]:
    """The pages that readers have to add, as far as the entries do not count them yet."""
    wanted = {"organisation": organisation_id, "unfolded": {"$in": list(entry_ids)}}
    pages: list[dict[str, Any]] = [page async for page in entries.find(wanted, WITHOUT_IDS)]
    return pages


async def read_folds(entries: Any, pages: Iterable[Page]) -> dict[bytes, Folds]:
    """How far the entries of these pages have folded; an entry that is gone is left out."""
    wanted = {"_id": {"$in": list({page["entry"] for page in pages})}, **IS_ENTRY}
    return {entry["_id"]: entry.get("folds", {}) async for entry in entries.find(wanted, {"folds": 1})}


def is_folded(page: Page, folds: Folds) -> bool:
    """Whether an entry that has folded this far counts the page."""
    last = folds.get(page["chain"])
    return last is not None and page["number"] <= last["page"]


async def _add(entries: Entries, pages: Sequence[Page]) -> dict[bytes, Folds]:
    if len(pages) == 1:
        entry = await entries.current.find_one_and_update(
            _before(pages[0]),
            _sum(pages[0]),
            {f"folds.{pages[0]['chain']}": 1},
            return_document=ReturnDocument.AFTER,
        )
        if entry is not None:
            return {entry["_id"]: entry["folds"]}
    else:
        await entries.current.bulk_write([_fold_update(page) for page in pages], ordered=False)
    return await read_folds(entries.current, pages)


def _count(page: Page, folds: Folds | None) -> int | None:
    return None if folds is None else folds[page["chain"]]["count"]


def _fold_update(page: Page) -> UpdateOne:
    return UpdateOne(_before(page), _sum(page))


def _before(page: Page) -> dict[str, Any]:
    """The entry as it is right before the page is folded."""
    last = page["number"] - 1
    return {
        "_id": page["entry"],
        "organisation": page["organisation"],
        **IS_ENTRY,
        f"folds.{page['chain']}.page": last or {"$exists": False},
    }


def _sum(page: Page) -> list[dict[str, Any]]:
    """What folding changes; an opener has all these fields, except perhaps `total_requested`."""
    count = {"$add": ["$event_count", page["event_count"]]}
    total: dict[str, Any] = {
        "event_count": count,
        "total_first_event_time": {"$min": ["$total_first_event_time", page["total_first_event_time"]]},
        "total_last_event_time": {"$max": ["$total_last_event_time", page["total_last_event_time"]]},
        "last_receive_time": {"$max": ["$last_receive_time", page["last_receive_time"]]},
        f"folds.{page['chain']}": {"page": page["number"], "count": count},
    }
    if "total_requested" in page:
        total["total_requested"] = {"$or": ["$total_requested", page["total_requested"]]}
    return [{"$set": total}]
