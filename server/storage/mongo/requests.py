"""A request that was sent again, to whatever process: its plain events get the `_id`s that they had the first time.

A commit is not atomic here, so a first attempt may be there by half. Before its events are written, a request is
claimed by a document that says where its first event arrived. Whoever meets that document takes its ids over: what is
there is then met by its `_id`, what is missing is added, and nothing is doubled.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from server.core.model import NANOSECONDS_PER_SECOND, Request
from server.storage.mongo.documents import PreparedEvent
from server.storage.mongo.identity import EntryIds, adopted, organisation_prefix
from server.storage.mongo.inserting import insert
from server.storage.mongo.schema import REQUESTS

_LIFE = timedelta(hours=1)

_Claim = tuple[int, bytes]
"""The arrival of the request's first event, and the process."""


class Requests:
    """The claims. `clock` is the database's own, in nanoseconds: its TTL index ends them."""

    def __init__(self, database: Any, ids: EntryIds, clock: Callable[[], int]) -> None:
        self._requests = database[REQUESTS]
        self._ids = ids
        self._clock = clock

    async def adopt(self, batch: Sequence[PreparedEvent]) -> tuple[list[PreparedEvent], set[int]]:
        """Claim the requests of a batch; the batch with the ids it has to have, and the places that got others.

        When this returns, a journaled majority has the claims. Raises StoreUnavailable.
        """
        claims = await self._claim({_name(event, request): request for event, request in reversed(_requested(batch))})
        events = list(batch)
        places: set[int] = set()
        if claims:
            for place, event in enumerate(batch):
                request = event.source.request
                if request is None or event.document is None:
                    continue
                arrival, process = claim = claims[_name(event, request)]
                if claim != (self._ids.base_of(request), self._ids.process):
                    document_id = adopted(event.document_id, arrival + event.source.position, process)
                    events[place] = event.renamed(document_id)
                    places.add(place)
        return events, places

    async def _claim(self, requests: dict[bytes, Request]) -> dict[bytes, _Claim]:
        if not requests:
            return {}
        expire_time = datetime.fromtimestamp(self._clock() // NANOSECONDS_PER_SECOND, UTC) + _LIFE
        claims = {name: (self._ids.base_of(request), self._ids.process) for name, request in requests.items()}
        names = list(requests)
        documents = [
            {"_id": name, "base": base, "process": process, "expire_time": expire_time}
            for name, (base, process) in claims.items()
        ]
        met = (await insert(self._requests, documents, names)).met
        if met:
            wanted = {"_id": {"$in": [names[place] for place in met]}}
            async for found in self._requests.find(wanted):
                claims[bytes(found["_id"])] = found["base"], bytes(found["process"])
        return claims


def _requested(batch: Sequence[PreparedEvent]) -> list[tuple[PreparedEvent, Request]]:
    return [(event, event.source.request) for event in batch if event.source.request is not None]


def _name(event: PreparedEvent, request: Request) -> bytes:
    return organisation_prefix(event.organisation) + request.id_hash
