"""A request that was sent again, to whatever process: its plain events get the `_id`s that they had the first time.

A commit is not atomic here, so a first attempt may be there by half. Before its events are written, a request is
claimed by a document that says where its first event arrived. Whoever meets that document takes its ids over: what is
there is then met by its `_id`, what is missing is added, and nothing is doubled.
"""

from collections.abc import Callable, Mapping, Sequence
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

    async def adopt(self, batch: Sequence[PreparedEvent]) -> list[PreparedEvent]:
        """Claim the requests of a batch; the batch with the ids that it has to have.

        When this returns, a journaled majority has the claims. Raises StoreUnavailable.
        """
        names = _requests_of_plain_events(batch)
        if not names:
            return list(batch)
        claims = await self._claim(names)
        others = {request: claims[name] for request, name in names.items() if claims[name] != self._own_claim(request)}
        return [_adopted(event, others) for event in batch] if others else list(batch)

    async def _claim(self, requests: Mapping[Request, bytes]) -> dict[bytes, _Claim]:
        """By the requests' names, who has them: of several arrivals in one batch the first."""
        claims: dict[bytes, _Claim] = {}
        for request, name in requests.items():
            claims.setdefault(name, self._own_claim(request))
        expire_time = datetime.fromtimestamp(self._clock() // NANOSECONDS_PER_SECOND, UTC) + _LIFE
        names = list(claims)
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

    def _own_claim(self, request: Request) -> _Claim:
        return self._ids.base_of(request), self._ids.process


def _requests_of_plain_events(batch: Sequence[PreparedEvent]) -> dict[Request, bytes]:
    """The arrivals that need a claim, and the names of their requests; events of windows claim for themselves."""
    names: dict[Request, bytes] = {}
    for event in batch:
        request = event.source.request
        if request is not None and event.document is not None and request not in names:
            names[request] = organisation_prefix(event.organisation) + request.id_hash
    return names


def _adopted(event: PreparedEvent, others: Mapping[Request, _Claim]) -> PreparedEvent:
    request = event.source.request
    if request is None or event.document is None or request not in others:
        return event
    arrival, process = others[request]
    return event.renamed(adopted(event.document_id, arrival + event.source.position, process))
