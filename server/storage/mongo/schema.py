"""Collections and their indexes: made at the start, as often as one likes; nothing is ever dropped.

Plain entries stand in `_id` alone, which begins with the organisation and the time. The other indexes are partial:
an entry is in them only as long as it has the field. Each begins with the organisation, so that a sharded cluster
can keep them unique: the shard key of `entries` is {organisation: 1}.
"""

from collections.abc import Mapping
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from server.core.errors import Refused

DEFAULT_DATABASE = "tracking"
ENTRIES, SAMPLES, REQUESTS = "entries", "samples", "requests"
ORGANISATIONS, API_KEYS, COUNTERS = "organisations", "api_keys", "counters"
GROUP_STATES = "group_states"
SETTINGS, AUDIT, RECEIVED, LEASES = "settings", "audit", "received", "leases"
ALL_COLLECTIONS = (
    ENTRIES,
    SAMPLES,
    REQUESTS,
    ORGANISATIONS,
    API_KEYS,
    COUNTERS,
    GROUP_STATES,
    SETTINGS,
    AUDIT,
    RECEIVED,
    LEASES,
)

IS_ENTRY: Mapping[str, Any] = {"level": {"$exists": True}}
"""Documents of entries: what is left of one that was deleted has no level, and a page never had one."""
WITHOUT_IDS: Mapping[str, int] = {"event_ids": 0}
"""The fields that readers want of a document: claims of event ids may be many."""

UNFOLDED_INDEX = "organisation_unfolded"
PAGE_EXPIRE_TIME = "page_expire_time"
"""The field of a document, no entry any more or never one, that says when it goes."""

_CONFLICTS = frozenset({85, 86, 67, 11000})


def _partial(field: str, *, unique: bool) -> dict[str, Any]:
    return {
        "keys": [("organisation", 1), (field, 1)],
        "name": f"organisation_{field}",
        "unique": unique,
        "partialFilterExpression": {field: {"$exists": True}},
    }


_INDEXES: dict[str, list[dict[str, Any]]] = {
    ENTRIES: [
        # An event id is claimed once an organisation, by whichever document stands for its event.
        _partial("event_ids", unique=True),
        # A window is open as long as its opener has this field: one opener a window.
        _partial("window", unique=True),
        _partial("unfolded", unique=False),
        {
            "keys": [(PAGE_EXPIRE_TIME, 1)],
            "name": PAGE_EXPIRE_TIME,
            "expireAfterSeconds": 0,
            "partialFilterExpression": {PAGE_EXPIRE_TIME: {"$exists": True}},
        },
    ],
    SAMPLES: [{"keys": [("organisation", 1), ("entry", 1)], "name": "organisation_entry"}],
    REQUESTS: [{"keys": [("expire_time", 1)], "name": "expire_time", "expireAfterSeconds": 0}],
    RECEIVED: [
        {"keys": [("organisation", 1), ("minute", 1)], "name": "organisation_minute"},
        {"keys": [("expire_time", 1)], "name": "expire_time", "expireAfterSeconds": 0},
    ],
    GROUP_STATES: [{"keys": [("organisation", 1)], "name": "organisation"}],
    ORGANISATIONS: [{"keys": [("name", 1)], "name": "name", "unique": True}],
    API_KEYS: [
        {"keys": [("digest", 1)], "name": "digest", "unique": True},
        {"keys": [("organisation", 1)], "name": "organisation"},
    ],
}


async def ensure_indexes(database: Any) -> None:
    """Make what is missing. Raises Refused where an index of the same name means something else."""
    for collection, indexes in _INDEXES.items():
        try:
            await database[collection].create_indexes([IndexModel(**index) for index in indexes])
        except OperationFailure as error:
            if error.code not in _CONFLICTS:
                raise
            reason = str(error).partition(", full error")[0]
            raise Refused(f"MongoDB has another index in the way of those of {collection!r}: {reason}") from error
