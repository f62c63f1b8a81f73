"""The purge: walks through the store beside ingest, and deletes what is over.

The store is looked at in pieces of a few thousand entries, in the order of its keys. Of each piece the purge remembers
when the next of its entries will be over, and comes back then: the first walk after a start reads everything once,
the later ones only what is due. Whatever comes into a piece later lives for the shortest period at least, and a repeat
only lengthens a life. Periods that change are another walk.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic, time_ns

import msgspec

from server.core.errors import TrackingError
from server.core.model import NANOSECONDS_PER_SECOND, Level
from server.core.observations import DeletionReason
from server.core.organisation_settings import periods_of
from server.core.portions import EXPIRED_AT_ONCE, portions
from server.core.ports import AdministrationStore, Expiry, StoreBroken
from server.core.retention import Periods, Survey, Tally

logger = logging.getLogger("tracking.purge")

PIECE_ENTRIES = 2_000

_CLOCK_DIFFERENCE = 60 * NANOSECONDS_PER_SECOND
"""How much the clocks of processes on one database may differ."""
_SETTINGS_SECONDS = 2.0
_IDLE_SECONDS = 1.0
_SHORTEST_REST_SECONDS = 0.002
_TROUBLE_SECONDS = 5.0


class _Piece(msgspec.Struct):
    """Keys behind those of the piece before, up to `end` (None: all that come). `due`: when to look again."""

    end: bytes | None
    due: int


class Walk:
    """The memory of the purge: which pieces there are, and when each is due. `clock`: nanoseconds since 1970."""

    def __init__(self, store: Expiry, *, clock: Callable[[], int] = time_ns) -> None:
        self._store = store
        self._clock = clock
        self._periods: Periods | None = None
        self._pieces: list[_Piece] = []
        self._place = 0

    def use(self, periods: Periods) -> None:
        """From now on these are the periods; others than before make everything due."""
        if periods != self._periods:
            self._periods = periods
            self._pieces = [_Piece(None, 0)]
            self._place = 0

    def is_due(self) -> bool:
        """Go to the next piece that is due; whether there is one."""
        now = self._clock()
        count = len(self._pieces)
        for place in (*range(self._place, count), *range(self._place)):
            if self._pieces[place].due <= now:
                self._place = place
                return True
        return False

    async def step(self) -> tuple[Survey, int]:
        """Look at the piece and delete what is over in it; the survey, and how many entries were deleted."""
        periods, now = self._periods, self._clock()
        assert periods is not None
        place, piece = self._place, self._pieces[self._place]
        after = self._pieces[place - 1].end if place else None
        survey = await self._store.survey(after, piece.end, PIECE_ENTRIES, periods=periods, now=now)
        deleted = 0
        for some in portions(survey.expired, EXPIRED_AT_ONCE):
            deleted += await self._store.delete_expired(some, periods=periods, now=now)
        if self._periods is periods:
            self._remember(place, survey, now)
        return survey, deleted

    def _remember(self, place: int, survey: Survey, now: int) -> None:
        assert self._periods is not None
        piece = self._pieces[place]
        due = now + self._periods.shortest - _CLOCK_DIFFERENCE
        if survey.due is not None:
            due = min(due, survey.due)
        if survey.end is not None and survey.end != piece.end:
            # There is more behind it: a piece of its own, due as this one was.
            self._pieces.insert(place, _Piece(survey.end, due))
            place += 1
        else:
            piece.due = due
            place = self._merge(place, survey) + 1
        self._place = place % len(self._pieces)

    def _merge(self, place: int, survey: Survey) -> int:
        """A piece in which nothing stayed becomes part of the one before it."""
        if place and survey.due is None:
            before, piece = self._pieces[place - 1], self._pieces.pop(place)
            before.end, before.due = piece.end, min(before.due, piece.due)
            return place - 1
        return place


class Purge:
    """Runs the walk on a task of its own, and keeps an embedded database within `max_database_bytes` (0 = no limit).

    It rests as long as it works, so that it takes half of what is free at most. `on_broken` as for `Maintenance`;
    `on_deleted` is told why how many entries went.
    """

    def __init__(
        self,
        store: AdministrationStore,
        *,
        max_database_bytes: int = 0,
        clock: Callable[[], int] = time_ns,
        on_broken: Callable[[TrackingError], None] = lambda _error: None,
        on_deleted: Callable[[DeletionReason, int], None] = lambda _reason, _entries: None,
    ) -> None:
        self._store = store
        self._max_database_bytes = max_database_bytes
        self._walk = Walk(store, clock=clock)
        self._on_broken = on_broken
        self._on_deleted = on_deleted
        self._next_settings = 0.0
        self._is_ours = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, between two writes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def step(self) -> bool:
        """A bounded piece of work; whether there was any."""
        if monotonic() >= self._next_settings:
            self._is_ours = await self._store.may_purge()
            if self._is_ours:
                self._walk.use(periods_of(await self._store.read_settings(None)))
            self._next_settings = monotonic() + _SETTINGS_SECONDS
        shrunk = 0
        if self._max_database_bytes:
            shrunk = await self._store.delete_oldest(self._max_database_bytes)
            self._on_deleted("size", shrunk)
        if not self._is_ours or not self._walk.is_due():
            return shrunk > 0
        _, deleted = await self._walk.step()
        self._on_deleted("retention", deleted)
        return True

    async def _run(self) -> None:
        while True:
            begin = monotonic()
            rest = _TROUBLE_SECONDS
            try:
                worked = await self.step()
                rest = max(monotonic() - begin, _SHORTEST_REST_SECONDS) if worked else _IDLE_SECONDS
            except StoreBroken as error:
                self._on_broken(error)
            except TrackingError as error:
                logger.debug("The purge has to wait: %s", error)
            except Exception:
                logger.exception("A step of the purge failed.")
            await asyncio.sleep(rest)


async def tally_expired(
    store: Expiry,
    periods: Periods,
    *,
    now: int,
    organisation_id: int | None = None,
    seconds: float = float("inf"),
    on_piece: Callable[[int], None] = lambda _entries: None,
) -> tuple[dict[Level, Tally], bool]:
    """What is over under these periods, by level, deleting nothing; and whether there was time for all of the store."""
    levels = {level: Tally() for level in Level}
    deadline = monotonic() + seconds
    after: bytes | None = None
    while True:
        survey = await store.survey(
            after, None, PIECE_ENTRIES, periods=periods, now=now, organisation_id=organisation_id
        )
        for age in survey.expired:
            tally = levels[Level(age.level)]
            tally.entries += 1
            tally.bytes += age.size
        on_piece(survey.entries)
        after = survey.end
        if after is None:
            return levels, True
        if monotonic() > deadline:
            return levels, False


async def purge_all(
    store: Expiry,
    periods: Periods,
    *,
    now: int,
    on_piece: Callable[[int, int], None] = lambda _entries, _deleted: None,
) -> int:
    """One walk through all of the store; how many entries were deleted. It lets a server go on between its writes.

    `on_piece` is told of each piece how many entries it had, and how many of them went.
    """
    deleted = 0
    walk = Walk(store, clock=lambda: now)
    walk.use(periods)
    while walk.is_due():
        begin = monotonic()
        survey, gone = await walk.step()
        deleted += gone
        if gone:
            await asyncio.sleep(monotonic() - begin)
        on_piece(survey.entries, gone)
    return deleted
