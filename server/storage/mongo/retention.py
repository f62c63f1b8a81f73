"""What retention and usage read of the entries, and how entries go.

An entry goes with its samples, these first: whatever stops the work between, the next walk goes on with it. What is
still needed to know its events again (claimed ids, the name of an entry whose request may be sent once more) stays as
a tombstone, a document without an event, until a TTL index takes it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import ExecutionTimeout

from server.core.errors import QueryTimeout
from server.core.model import NANOSECONDS_PER_SECOND, Level
from server.core.retention import EVENT_ID_NANOSECONDS, Age, Periods, Survey, end_of, survey_of
from server.core.usage import LevelUsage, StoredUsage
from server.storage.mongo.collection import Entries
from server.storage.mongo.identity import ID_BYTES, document_id_of, organisation_prefix
from server.storage.mongo.schema import IS_ENTRY, LEASES, PAGE_EXPIRE_TIME
from server.storage.mongo.totals import read_current

_REQUEST_NANOSECONDS = 3600 * NANOSECONDS_PER_SECOND
"""How long a request may be sent again and find the entries it had."""
_TOMBSTONE_SECONDS = 25 * 3600
_LEASE_MILLISECONDS = 30_000
_USAGE_MILLISECONDS = 10_000
_AGE = {
    "organisation": 1,
    "level": 1,
    "receive_time": 1,
    "last_receive_time": 1,
    "window_end": 1,
    "claim_time": 1,
    "size": {"$bsonSize": "$$ROOT"},
}


class Retention:
    """Over the collections of one database. `clock` is the database's; errors are the driver's."""

    def __init__(self, database: Any, entries: Entries, process: bytes, clock: Callable[[], int]) -> None:
        self._database = database
        self._leases = database[LEASES]
        self._entries = entries
        self._process = process
        self._clock = clock

    async def survey(
        self,
        after: bytes | None,
        until: bytes | None,
        most: int,
        *,
        periods: Periods,
        now: int,
        organisation_id: int | None,
    ) -> Survey:
        ids: dict[str, bytes] = {"$gt": after or b""}
        if until is not None:
            ids["$lte"] = until
        wanted: dict[str, Any] = {"_id": ids, **IS_ENTRY}
        if organisation_id is not None:
            wanted["organisation"] = organisation_id
            ids["$gt"] = max(ids["$gt"], _first_of(organisation_id))
            ids["$lt"] = _first_of(organisation_id + 1)
        found = self._entries.durable.find(wanted, _AGE).sort("_id", 1).limit(most)
        ages = [_age(document) async for document in found]
        return survey_of(ages, ages[-1].key if len(ages) == most else None, periods, now)

    async def delete_expired(self, expired: Sequence[Age], *, periods: Periods, now: int) -> int:
        by_organisation: dict[int, list[bytes]] = {}
        for age in expired:
            by_organisation.setdefault(age.organisation_id, []).append(age.key)
        deleted = 0
        for organisation, ids in by_organisation.items():
            wanted = {"_id": {"$in": ids}, "organisation": organisation, **IS_ENTRY}
            clock = self._clock()
            over = [
                document
                async for document in self._entries.durable.find(wanted, _AGE)
                if end_of(_age(document), periods) <= now and document.get("window_end", 0) <= clock
            ]
            deleted += await self._delete(organisation, await self._still_over(organisation, over, periods, now))
        return deleted

    async def delete_entries(self, organisation_id: int, entry_ids: Sequence[str]) -> int:
        ids = [document_id_of(organisation_id, entry_id) for entry_id in entry_ids]
        wanted = {"_id": {"$in": [each for each in ids if each is not None]}, "organisation": organisation_id}
        found = [each async for each in self._entries.durable.find({**wanted, **IS_ENTRY}, _AGE)]
        return await self._delete(organisation_id, found)

    async def read_usage(self, organisation_id: int) -> StoredUsage:
        between = {"$gte": _first_of(organisation_id), "$lt": _first_of(organisation_id + 1)}
        group = {
            "_id": "$level",
            "entries": {"$sum": 1},
            "events": {"$sum": "$event_count"},
            "bytes": {"$sum": {"$bsonSize": "$$ROOT"}},
        }
        stages = [{"$match": {"organisation": organisation_id, "_id": between, **IS_ENTRY}}, {"$group": group}]
        levels: dict[Level, LevelUsage] = {}
        try:
            found = await self._entries.durable.aggregate(stages, maxTimeMS=_USAGE_MILLISECONDS)
            async for each in found:
                levels[Level(each["_id"])] = LevelUsage(each["entries"], each["events"], each["bytes"])
        except ExecutionTimeout as error:
            raise QueryTimeout("Counting what is stored takes too long.") from error
        size = await self._database.command("dbStats")
        return StoredUsage(levels, round(size["storageSize"] + size["indexSize"]))

    async def take_lease(self, name: str) -> bool:
        """Whether this process has it now, by the database's clock; it ends by itself."""
        ours = {"$literal": self._process}
        # What is missing is less than any date.
        is_free = {"$or": [{"$eq": ["$holder", ours]}, {"$lt": ["$end_time", "$$NOW"]}]}
        end = {"$add": ["$$NOW", _LEASE_MILLISECONDS]}
        update = {
            "holder": {"$cond": [is_free, ours, "$holder"]},
            "end_time": {"$cond": [is_free, end, "$end_time"]},
        }
        lease = await self._leases.find_one_and_update(
            {"_id": name}, [{"$set": update}], upsert=True, return_document=ReturnDocument.AFTER
        )
        return bool(lease["holder"] == self._process)

    async def _still_over(
        self, organisation: int, over: list[dict[str, Any]], periods: Periods, now: int
    ) -> list[dict[str, Any]]:
        """Those that are over with the pages, too, that no document counts yet."""
        windowed = [document["_id"] for document in over if "window_end" in document]
        if not windowed:
            return over
        current = await read_current(self._entries.durable, organisation, windowed)
        last = {name: document["totals"].last_receive_time for name, document in current.items()}
        ages = [_age({**document, "last_receive_time": last.get(document["_id"], 0)}) for document in over]
        return [
            document
            for document, age in zip(over, ages, strict=True)
            if "window_end" not in document or end_of(age, periods) <= now
        ]

    async def _delete(self, organisation: int, documents: Sequence[Mapping[str, Any]]) -> int:
        if not documents:
            return 0
        windowed = [document["_id"] for document in documents if "window_end" in document]
        if windowed:
            await self._entries.samples.delete_many({"organisation": organisation, "entry": {"$in": windowed}})
        now = self._clock()
        known = [document["_id"] for document in documents if _has_to_be_known(document, now)]
        gone = [document["_id"] for document in documents if not _has_to_be_known(document, now)]
        deleted = 0
        if known:
            deleted += (await self._entries.durable.update_many(_named(organisation, known), _bury(now))).modified_count
        if gone:
            deleted += (await self._entries.durable.delete_many(_named(organisation, gone))).deleted_count
        return deleted


def _named(organisation: int, ids: Sequence[bytes]) -> dict[str, Any]:
    return {"_id": {"$in": ids}, "organisation": organisation, **IS_ENTRY}


def _bury(now: int) -> list[dict[str, Any]]:
    """What makes an entry a tombstone; fields that it does not have stay absent."""
    end = datetime.fromtimestamp(now // NANOSECONDS_PER_SECOND + _TOMBSTONE_SECONDS, UTC)
    kept = {name: f"${name}" for name in ("_id", "organisation", "event_ids", "claim_time")}
    return [{"$replaceWith": {**kept, PAGE_EXPIRE_TIME: end}}]


def _has_to_be_known(document: Mapping[str, Any], now: int) -> bool:
    claimed: int | None = document.get("claim_time")
    if claimed is not None and claimed > now - EVENT_ID_NANOSECONDS:
        return True
    return bool(document["receive_time"] > now - _REQUEST_NANOSECONDS)


def _age(document: Mapping[str, Any]) -> Age:
    received = document["receive_time"]
    return Age(
        document["_id"],
        document["organisation"],
        document["level"],
        document.get("last_receive_time", received),
        document.get("window_end", 0),
        document["size"],
    )


def _first_of(organisation_id: int) -> bytes:
    """A bound as long as an id: bytes are compared by their length first."""
    return organisation_prefix(organisation_id).ljust(ID_BYTES, b"\0")
