"""What is kept of an organisation beside its keys: settings, the audit list, and how many events came."""

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any

import msgspec
from pymongo import UpdateOne

from server.core.audit import AuditPage, AuditRecord
from server.core.paging import invalid_page_token
from server.core.query import Page
from server.storage.mongo.identity import organisation_prefix
from server.storage.mongo.schema import AUDIT, RECEIVED, SETTINGS

_TIME_BYTES, _RANDOM_BYTES = 8, 6
_KEY_BYTES = _TIME_BYTES + _RANDOM_BYTES
_TIME_OFFSET = 1 << 63
_KEPT_SECONDS = 2 * 3600


class OrganisationRecords:
    """Three small collections. Errors are the driver's: the store translates them."""

    def __init__(self, database: Any) -> None:
        self._settings = database[SETTINGS]
        self._audit = database[AUDIT]
        self._received = database[RECEIVED]

    async def read_settings(self, organisation_id: int | None) -> dict[int, dict[str, int]]:
        wanted = {} if organisation_id is None else {"_id": organisation_id}
        return {found["_id"]: found["chosen"] async for found in self._settings.find(wanted)}

    async def change_settings(self, organisation_id: int, changes: Mapping[str, int]) -> None:
        chosen = {f"chosen.{name}": value for name, value in changes.items()}
        await self._settings.update_one({"_id": organisation_id}, {"$set": chosen}, upsert=True)

    async def record_audit(self, record: AuditRecord) -> None:
        # In the order of time, and never twice the same.
        key = (record.time + _TIME_OFFSET).to_bytes(_TIME_BYTES, "big") + token_bytes(_RANDOM_BYTES)
        await self._audit.insert_one(
            {
                "_id": organisation_prefix(record.organisation_id) + key,
                "time": record.time,
                "actor": record.actor,
                "action": record.action,
                "details": msgspec.json.encode(record.details).decode(),
            }
        )

    async def list_audit(self, organisation_id: int, page: Page) -> AuditPage:
        prefix = organisation_prefix(organisation_id)
        ids: dict[str, bytes] = {"$gte": prefix + bytes(_KEY_BYTES), "$lte": prefix + b"\xff" * _KEY_BYTES}
        if page.before_key is not None:
            if len(page.before_key) != _KEY_BYTES:
                raise invalid_page_token()
            ids = {"$gte": prefix + bytes(_KEY_BYTES), "$lt": prefix + page.before_key}
        found = [each async for each in self._audit.find({"_id": ids}).sort("_id", -1).limit(page.size + 1)]
        records = [_record(organisation_id, each) for each in found[: page.size]]
        return AuditPage(records, found[page.size - 1]["_id"][len(prefix) :] if len(found) > page.size else None)

    async def add_received(self, events: Mapping[tuple[int, int], int]) -> None:
        await self._received.bulk_write(
            [
                UpdateOne(
                    {"_id": {"organisation": organisation, "minute": minute}},
                    {
                        "$inc": {"events": count},
                        "$setOnInsert": {
                            "organisation": organisation,
                            "minute": minute,
                            "expire_time": datetime.fromtimestamp(60 * minute + _KEPT_SECONDS, UTC),
                        },
                    },
                    upsert=True,
                )
                for (organisation, minute), count in events.items()
            ],
            ordered=False,
        )

    async def read_received(self, organisation_id: int, from_minute: int) -> dict[int, int]:
        wanted = {"organisation": organisation_id, "minute": {"$gte": from_minute}}
        return {found["minute"]: found["events"] async for found in self._received.find(wanted)}


def _record(organisation_id: int, found: Mapping[str, Any]) -> AuditRecord:
    return AuditRecord(
        organisation_id=organisation_id,
        time=found["time"],
        actor=found["actor"],
        action=found["action"],
        details=msgspec.json.decode(found["details"], type=dict[str, Any]),
    )
