"""Inserting documents so that afterwards one knows: it is there durably, or another document is in its way."""

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Literal

import msgspec
from pymongo.errors import AutoReconnect, BulkWriteError, ExecutionTimeout

from server.core.errors import Internal, StoreUnavailable
from server.storage.mongo.documents import origin_of
from server.storage.mongo.errors import DUPLICATE_KEY, MAY_PASS

Conflict = Literal["event_ids", "window"]
CONFLICTS: tuple[Conflict, ...] = ("event_ids", "window")


class Inserted(msgspec.Struct):
    """By place: what is in the way of documents that are not there; what others, which were met, were prepared as.

    A document that was met is somebody else's, or our own from an attempt whose reply was lost: `origin_of` tells.
    """

    conflicts: dict[int, Conflict]
    met: dict[int, Any]


_PATIENCE_SECONDS = 4.0
_PAUSE_SECONDS = 0.02
_NO_MAJORITY = "MongoDB has no majority that takes a write."


async def insert(entries: Any, documents: Sequence[Any], ids: Sequence[Any]) -> Inserted:
    """Insert documents with these ids.

    When this returns, a journaled majority has all the others. A reply that was lost is asked for by inserting
    again: a document that meets its own `_id` was there already. Raises StoreUnavailable if nobody knows.
    """
    deadline = monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await entries.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            errors = error.details["writeErrors"]
            # Written, but nobody knows by how many; or not written, for a reason that passes.
            if not error.details["writeConcernErrors"] and not any(each["code"] in MAY_PASS for each in errors):
                return await _conflicts(entries, errors, ids, deadline)
            if monotonic() > deadline:
                raise StoreUnavailable(_NO_MAJORITY) from error
        except ExecutionTimeout as error:
            raise StoreUnavailable(_NO_MAJORITY) from error
        except AutoReconnect:
            if monotonic() > deadline:
                raise
        else:
            return Inserted({}, {})
        await asyncio.sleep(_PAUSE_SECONDS)


async def _conflicts(
    entries: Any, errors: Sequence[Mapping[str, Any]], ids: Sequence[Any], deadline: float
) -> Inserted:
    conflicts: dict[int, Conflict] = {}
    met: list[int] = []
    for error in errors:
        if error["code"] != DUPLICATE_KEY:
            raise Internal(f"MongoDB refused a document: {str(error.get('errmsg'))[:300]}")
        keys = error.get("keyPattern", {})
        kind = next((kind for kind in CONFLICTS if kind in keys), None)
        if kind is None:
            met.append(error["index"])
        else:
            conflicts[error["index"]] = kind
    origins: dict[Any, Any] = {}
    unseen = [ids[place] for place in met]
    while unseen:
        # Seen by a majority read, they cannot be rolled back any more.
        async for document in entries.find({"_id": {"$in": unseen}}, {"prepared_as": 1}):
            origins[document["_id"]] = origin_of(document)
        unseen = [document_id for document_id in unseen if document_id not in origins]
        if unseen:
            if monotonic() > deadline:
                raise StoreUnavailable(_NO_MAJORITY)
            await asyncio.sleep(_PAUSE_SECONDS)
    return Inserted(conflicts, {place: origins[ids[place]] for place in met})
