"""Organisations and API keys in the database."""

from collections.abc import Collection, Mapping
from time import time_ns
from typing import Any

import msgspec
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from server.core.errors import InvalidField
from server.core.model import ApiKey, Debounce
from server.storage.mongo.schema import API_KEYS, COUNTERS, ORGANISATIONS


class Directory:
    """The three small collections. Errors are the driver's: the store translates them."""

    def __init__(self, database: Any) -> None:
        self._keys = database[API_KEYS]
        self._organisations = database[ORGANISATIONS]
        self._counters = database[COUNTERS]

    async def find_key(self, digest: bytes) -> ApiKey | None:
        found = await self._keys.find_one({"digest": digest})
        return None if found is None else _key(found)

    async def create_organisation(self, name: str) -> int:
        taken = InvalidField(f"There is an organisation named {name!r} already.", message="Name taken", field="name")
        if await self._organisations.find_one({"name": name}) is not None:
            raise taken
        counter = await self._counters.find_one_and_update(
            {"_id": "organisation"}, {"$inc": {"value": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        number: int = counter["value"]
        try:
            await self._organisations.insert_one({"_id": number, "name": name, "create_time": time_ns()})
        except DuplicateKeyError as error:
            raise taken from error
        return number

    async def list_organisations(self) -> dict[str, int]:
        return {found["name"]: found["_id"] async for found in self._organisations.find().sort("_id", 1)}

    async def create_key(self, key: ApiKey, digest: bytes) -> None:
        fields = {"_id": key.id, "digest": digest, "create_time": key.create_time, **_fields(key)}
        if key.last_use_time is not None:
            fields["last_use_time"] = key.last_use_time
        await self._keys.insert_one(fields)

    async def list_keys(self, organisation_id: int | None) -> list[ApiKey]:
        wanted = {} if organisation_id is None else {"organisation": organisation_id}
        return [_key(found) async for found in self._keys.find(wanted).sort([("create_time", 1), ("_id", 1)])]

    async def change_key(self, key: ApiKey, fields: Collection[str]) -> None:
        # A revocation is final, also for a change that was on its way when it came.
        changes = {name: value for name, value in _fields(key).items() if name in fields}
        await self._keys.update_one({"_id": key.id, "revoke_time": None}, {"$set": changes})

    async def record_use(self, last_use_times: Mapping[str, int]) -> None:
        await self._keys.bulk_write(
            [
                UpdateOne({"_id": key_id}, {"$max": {"last_use_time": instant}})
                for key_id, instant in last_use_times.items()
            ],
            ordered=False,
        )


def _fields(key: ApiKey) -> dict[str, Any]:
    return {
        "organisation": key.organisation_id,
        "organisation_name": key.organisation,
        "kind": key.kind,
        "scopes": sorted(key.scopes),
        "origins": list(key.origins),
        "name": key.name,
        "rate": key.rate,
        "otlp_debounce": None if key.otlp_debounce is None else msgspec.to_builtins(key.otlp_debounce),
        "otlp_component": key.otlp_component,
        "revoke_time": key.revoke_time,
    }


def _debounce(found: Mapping[str, Any] | None) -> Debounce | None:
    return None if found is None else Debounce(found["key"], found["interval_milliseconds"])


def _key(found: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=found["_id"],
        organisation_id=found["organisation"],
        organisation=found["organisation_name"],
        kind=found["kind"],
        scopes=frozenset(found["scopes"]),
        origins=tuple(found["origins"]),
        name=found["name"],
        rate=found["rate"],
        create_time=found["create_time"],
        last_use_time=found.get("last_use_time"),
        revoke_time=found["revoke_time"],
        otlp_debounce=_debounce(found.get("otlp_debounce")),
        otlp_component=found.get("otlp_component"),
    )
