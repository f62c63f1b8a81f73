"""Ingest: the one way in. What an event means is decided here, before it is queued; what became of it comes back."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from time import time_ns
from typing import Generic

import msgspec

from server.core.budget import Lease
from server.core.committer import Committer
from server.core.debounce import window_of
from server.core.errors import Internal, RateLimited, Retryable, TrackingError, event_too_large
from server.core.events import exact_size
from server.core.fingerprint import group_id
from server.core.known_settings import KnownSettings
from server.core.model import ApiKey, Debounce, Door, LogEvent, Outcome, Receipt, Request, Submission, Window
from server.core.outcomes import Outcomes
from server.core.ports import EntryStore, PreparedT

logger = logging.getLogger("tracking.ingest")

MAX_BATCH_EVENTS = 10_000
"""Events in one batch."""


_ID_DIGEST_BYTES = 16
_EVENTS_A_TURN = 500
"""How many events of a batch are encoded before others get a turn."""
_BROWSER_DEFAULT = Debounce()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an event may weigh, in bytes."""

    max_event_bytes: int


class Ingest(Generic[PreparedT]):
    """Takes validated events of an admitted caller; every event ends in exactly one outcome, and is counted."""

    def __init__(
        self,
        store: EntryStore[PreparedT],
        committer: Committer[PreparedT],
        outcomes: Outcomes,
        limits: Limits,
        *,
        settings: KnownSettings | None = None,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self._store = store
        self._settings = KnownSettings() if settings is None else settings
        self._committer = committer
        self._outcomes = outcomes
        self._limits = limits
        self._clock = clock

    async def log(self, caller: ApiKey, door: Door, event: LogEvent) -> Receipt:
        """Commit one event durably. Raises TooLarge, Overloaded, StoreUnavailable, Draining."""
        return (await _result(self.begin(caller, door, event)))[0]

    def begin(self, caller: ApiKey, door: Door, event: LogEvent) -> "asyncio.Future[list[Receipt]]":
        """Queue one event; the future gives its receipt, after its durable commit. Raises as `log`."""
        try:
            prepared = self._prepare(caller, door, event)
        except TrackingError as error:
            self.refuse(door, error, event.level.word)
            raise
        return self._submit([prepared], door)

    async def log_batch(
        self,
        caller: ApiKey,
        door: Door,
        events: Sequence[LogEvent | TrackingError],
        digest: bytes | None = None,
        lease: Lease | None = None,
    ) -> list[Receipt | TrackingError]:
        """Commit the good events of a batch durably; one receipt or error an event, in order.

        A retryable failure is raised for the whole batch: nothing of it was acknowledged. `digest`, if given, is of
        the request's bytes: the same one again from the organisation is a retry, whose events are duplicates. `lease`,
        if given, holds the request in memory: the prepared events grow it, and it ends as they are queued.
        """
        request = None
        if digest is not None:
            request = Request(id_hash=_request_hash(caller.organisation_id, digest), size=len(events))
        answers: list[Receipt | TrackingError] = [_UNDECIDED] * len(events)
        prepared: list[PreparedT] = []
        places: list[int] = []
        for place, event in enumerate(events):
            if place % _EVENTS_A_TURN == _EVENTS_A_TURN - 1:
                await self._let_others_go_on(door, events, answers)
            result = self._prepared_or_refused(caller, door, event, request, place)
            if isinstance(result, TrackingError):
                answers[place] = result
            else:
                prepared.append(result)
                places.append(place)
                _hold(lease, result.size, answers)
        if lease is not None:
            # Queued, they are reserved anew.
            lease.end()
        if prepared:
            for place, receipt in zip(places, await _result(self._submit(prepared, door)), strict=True):
                answers[place] = receipt
        return answers

    def _prepared_or_refused(
        self, caller: ApiKey, door: Door, event: LogEvent | TrackingError, request: Request | None, place: int
    ) -> PreparedT | TrackingError:
        if isinstance(event, TrackingError):
            self.refuse(door, event)
            return event
        try:
            return self._prepare(caller, door, event, request, place)
        except TrackingError as error:
            self.refuse(door, error, event.level.word)
            return error

    async def _let_others_go_on(
        self, door: Door, events: Sequence[LogEvent | TrackingError], answers: Sequence[Receipt | TrackingError]
    ) -> None:
        """One turn of the loop. A client that goes away now had nothing queued: its events are counted as shed."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            undecided = (event for event, answer in zip(events, answers, strict=True) if answer is _UNDECIDED)
            self.count_cancelled(door, undecided)
            raise

    def count_cancelled(self, door: Door, events: Iterable[LogEvent | TrackingError]) -> None:
        """Count events of a client that went away before they were queued."""
        for event in events:
            if isinstance(event, TrackingError):
                self.refuse(door, event)
            else:
                self._outcomes.count(door, event.level.word, Outcome.SHED, "cancelled")

    def count_cancelled_request(self, door: Door) -> None:
        """Count a request whose client went away before anybody knew its events: as one, like any that is unread."""
        self._outcomes.count(door, "", Outcome.SHED, "cancelled")

    @property
    def max_event_bytes(self) -> int:
        """What an event may weigh."""
        return self._limits.max_event_bytes

    def refuse(self, door: Door, error: TrackingError, level: str = "") -> None:
        """Count the events an error stands for, unless that was done: each event has one outcome."""
        if error.counted:
            return
        error.counted = True
        shed = isinstance(error, Retryable) and not isinstance(error, RateLimited)
        outcome = Outcome.SHED if shed else Outcome.REJECTED
        self._outcomes.count(door, level, outcome, error.code.lower(), error.events)

    def _prepare(
        self, caller: ApiKey, door: Door, event: LogEvent, request: Request | None = None, position: int = 0
    ) -> PreparedT:
        most = self._limits.max_event_bytes
        if event.size > most and (size := exact_size(event)) > most:
            raise event_too_large(f"The event has {size} bytes of message, attributes and body; {most} are accepted.")
        submission = self._submission(caller, door, event, request, position)
        try:
            return self._store.prepare(submission)
        except TrackingError:
            raise
        except Exception as error:
            # Whatever is wrong with it, it is wrong with this event alone.
            logger.exception("An event could not be encoded.")
            raise Internal from error

    def _submission(
        self, caller: ApiKey, door: Door, event: LogEvent, request: Request | None, position: int
    ) -> Submission:
        now = self._clock()
        event_id = event.event_id
        return Submission(
            event=event,
            organisation_id=caller.organisation_id,
            door=door,
            receive_time=now,
            event_time=now if event.event_time is None else event.event_time,
            window=self._window(caller, event),
            id_hash=None if event_id is None else _id_hash(caller.organisation_id, event_id),
            request=request,
            position=position,
        )

    def _window(self, caller: ApiKey, event: LogEvent) -> Window | None:
        debounce = event.debounce
        if debounce is None and caller.kind == "browser":
            debounce = _BROWSER_DEFAULT
        if not debounce:
            return None
        group = None if debounce.key is not None else group_of(event)
        default = self._settings.of(caller.organisation_id).debounce_window_milliseconds
        return window_of(event, debounce, caller.organisation_id, group, default)

    def _submit(self, prepared: list[PreparedT], door: Door) -> "asyncio.Future[list[Receipt]]":
        try:
            return self._committer.submit(prepared, door)
        except Retryable as error:
            for event in prepared:
                self._outcomes.count(door, event.level_word, Outcome.SHED, error.code.lower())
            error.counted = True
            raise


def _hold(lease: Lease | None, size: int, answers: Sequence[object]) -> None:
    """Hold one more prepared event; raises Overloaded for all that have no answer yet."""
    if lease is not None:
        try:
            lease.grow(size)
        except TrackingError as error:
            error.events = sum(answer is _UNDECIDED for answer in answers)
            raise


async def _result(future: "asyncio.Future[list[Receipt]]") -> list[Receipt]:
    try:
        return await future
    finally:
        # A failed future keeps its error, which keeps this frame: a circle, with the events in it.
        del future


def group_of(event: LogEvent) -> str:
    """The id of the group an event belongs to."""
    return group_id(
        service=event.service,
        component=event.component,
        message=event.message,
        fingerprint=event.fingerprint,
        attributes=event.attributes,
    )


def _id_hash(organisation_id: int, event_id: str) -> bytes:
    return blake2b(b"%d/" % organisation_id + event_id.encode(), digest_size=_ID_DIGEST_BYTES).digest()


def _request_hash(organisation_id: int, digest: bytes) -> bytes:
    # Its own kind of hash: no event id can be the same.
    return blake2b(b"%d/" % organisation_id + digest, digest_size=_ID_DIGEST_BYTES, person=b"request").digest()


_UNDECIDED = Internal("The event was not decided.")
