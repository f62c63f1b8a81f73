"""Behind the acknowledgement: pages whose sums are durable need no reader any more, and lost ones find a folder."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

from pymongo import DeleteOne, UpdateOne

from server.core.model import NANOSECONDS_PER_SECOND
from server.storage.mongo.collection import Entries
from server.storage.mongo.folding import Page, fold_durably, is_folded, read_folds
from server.storage.mongo.schema import UNFOLDED_INDEX

_PAGE_LIFE_MILLISECONDS = 25 * 3600 * 1000
"""A page stays for the sake of its event ids, an hour longer than these are remembered."""
_PORTION_PAGES = 2_000
_STEP_SECONDS = 0.5
_ORPHAN_AGE_NANOSECONDS = 60 * NANOSECONDS_PER_SECOND
_ORPHANS_SECONDS = 10.0
_KEPT_FIELDS = ("_id", "organisation", "entry", "chain", "number")


class Settling:
    """The pages of one process on their way out. `clock` is the database's."""

    def __init__(self, entries: Entries, clock: Callable[[], int]) -> None:
        self._entries = entries
        self._clock = clock
        self._folded: deque[dict[str, Any]] = deque()
        self._next_orphans = monotonic() + _ORPHANS_SECONDS

    def add(self, pages: Sequence[Page]) -> None:
        """These pages were folded by a commit."""
        for page in pages:
            self._folded.append({name: page[name] for name in _KEPT_FIELDS} | {"claims": "event_ids" in page})

    async def step(self) -> None:
        """Settle what there is, as far as time allows."""
        deadline = monotonic() + _STEP_SECONDS
        while self._folded and monotonic() < deadline:
            await self._settle_portion()
        if monotonic() > self._next_orphans:
            self._next_orphans = monotonic() + _ORPHANS_SECONDS
            await self.adopt(before=self._clock() - _ORPHAN_AGE_NANOSECONDS)

    async def adopt(self, *, before: int) -> None:
        """Fold and settle pages that have waited since `before`: their process is gone, or has lost them."""
        wanted = {"unfolded": {"$exists": True}, "page_time": {"$lt": before}}
        shown = dict.fromkeys((*_KEPT_FIELDS, "claim_time"), 1)
        found = self._entries.durable.find(wanted, shown).hint(UNFOLDED_INDEX).limit(_PORTION_PAGES)
        orphans = [{**page, "claims": "claim_time" in page} async for page in found]
        if orphans:
            await self._settle(orphans)

    async def _settle_portion(self) -> None:
        pages = [self._folded.popleft() for _ in range(min(len(self._folded), _PORTION_PAGES))]
        try:
            await self._settle(pages)
        except BaseException:
            self._folded.extendleft(reversed(pages))
            raise

    async def _settle(self, pages: list[dict[str, Any]]) -> None:
        waiting = await self._not_durable(pages)
        if waiting:
            await fold_durably(self._entries, waiting)
            waiting = await self._not_durable(waiting)
        names = {page["_id"] for page in waiting}
        await self._release([page for page in pages if page["_id"] not in names])

    async def _not_durable(self, pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Pages that a majority's entry does not count; one whose entry is gone has nothing to wait for."""
        folds = await read_folds(self._entries.durable, pages)
        return [page for page in pages if page["entry"] in folds and not is_folded(page, folds[page["entry"]])]

    async def _release(self, pages: Iterable[dict[str, Any]]) -> None:
        """Readers need not look at these any more; only their claims stay for a while."""
        # By the clock that the TTL index goes by.
        expire_time = {"$add": ["$$NOW", _PAGE_LIFE_MILLISECONDS]}
        claimed: list[dict[str, Any]] = [{"$unset": "unfolded"}, {"$set": {"page_expire_time": expire_time}}]
        operations: list[UpdateOne | DeleteOne] = []
        for page in pages:
            name = {"_id": page["_id"], "organisation": page["organisation"]}
            operations.append(UpdateOne(name, claimed) if page["claims"] else DeleteOne(name))
        if operations:
            await self._entries.durable.bulk_write(operations, ordered=False)
