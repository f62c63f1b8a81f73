"""Repeats as tails tell them: not each one, but what an entry has come to, now and then."""

import logging
from collections.abc import Awaitable, Callable, Collection

from server.core.errors import StoreUnavailable, TrackingError
from server.core.feed import Repeated
from server.core.model import Entry
from server.core.tail import Tail

logger = logging.getLogger("tracking.tails")

REPEAT_SECONDS = 1.0
"""Time between two rounds: an entry is told at most once in it."""
_A_ROUND = 200
"""Entries that are read in a round; others wait for their turn."""
_MOST_WAITING = 10_000


class RepeatNews:
    """Entries that were repeated, each once, until they are read and told."""

    def __init__(
        self,
        read_entry: Callable[[int, str], Awaitable[Entry | None]],
        tails_of: Callable[[int], Collection[Tail]],
    ) -> None:
        self._read_entry = read_entry
        self._tails_of = tails_of
        self._waiting: dict[tuple[int, str], None] = {}

    def note(self, item: Repeated) -> None:
        """An entry was repeated. Beyond the most that wait, its readers are told that something is missing."""
        name = item.organisation_id, item.entry_id
        if name in self._waiting or len(self._waiting) < _MOST_WAITING:
            self._waiting[name] = None
            return
        for tail in self._tails_of(item.organisation_id):
            tail.lose(1)

    async def tell(self) -> None:
        """One round."""
        for name in list(self._waiting)[:_A_ROUND]:
            organisation_id, entry_id = name
            if self._tails_of(organisation_id) and not await self._tell_one(organisation_id, entry_id):
                return
            self._waiting.pop(name, None)

    async def _tell_one(self, organisation_id: int, entry_id: str) -> bool:
        try:
            entry = await self._read_entry(organisation_id, entry_id)
        except StoreUnavailable:
            return False
        except TrackingError as error:
            logger.debug("The repeats of an entry cannot be told: %s", error)
            return True
        for tail in self._tails_of(organisation_id):
            # One that retention has removed is no news.
            if entry is not None and tail.wants(entry):
                tail.repeat(entry)
        return True
