"""The receiver: the one `export` behind every transport of OTLP."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import blake2b
from time import monotonic

import msgspec

from otel_bridge.controls import Defaults
from otel_bridge.encodings import Answer, Encoding
from otel_bridge.translate import Translation
from server.core.budget import Lease
from server.core.errors import TooLarge, TrackingError
from server.core.model import ApiKey, Door, LogEvent, Receipt
from server.core.services import Services

logger = logging.getLogger("tracking.otlp")

LOGS_ONLY = "logs only"
"""What is said of traces and metrics."""

_REQUEST_DIGEST_BYTES = 16
_OBJECTS_PER_BYTE = 3
"""What a decoded request weighs beside its bytes, roughly."""
_LARGE_BYTES = 1024 * 1024
"""Larger requests are translated one after the other: the objects of many at once would fill the memory."""
_SILENT_SECONDS = 60.0
"""Between two lines of the log on rejected records."""
_MAX_TEXT_CHARACTERS = 300

Read = Callable[[Lease], Awaitable[bytes]]


class _Translated(msgspec.Struct, frozen=True):
    events: list[LogEvent | TrackingError]
    digest: bytes | None


class Receiver:
    """Takes requests of admitted callers; for one event loop."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._turn = asyncio.Semaphore(1)
        self._silent_until = 0.0

    async def export(self, caller: ApiKey, door: Door, encoding: Encoding, read: Read) -> Answer:
        """Store a request's records durably; `read` gives its inflated bytes, and holds them on the lease.

        Raises what fails the whole request: what is Retryable may be sent again, and is then stored once where every
        record carries a time. Records that cannot be accepted are counted in the answer, and nothing else.
        """
        services = self.services
        services.admission.charge(caller)
        with services.budget.lease() as lease:
            translated = await self._translate(caller, door, encoding, await read(lease), lease)
            services.admission.charge_rest(caller, len(translated.events))
            if not translated.events:
                return Answer()
            results = await services.ingest.log_batch(
                caller, door, translated.events, digest=translated.digest, lease=lease
            )
        self._tell_of_rejected(caller, results)
        return _answer(results)

    async def _translate(
        self, caller: ApiKey, door: Door, encoding: Encoding, body: bytes, lease: Lease
    ) -> _Translated:
        lease.grow(_OBJECTS_PER_BYTE * len(body))
        defaults = Defaults(
            debounce=caller.otlp_debounce,
            component=caller.otlp_component,
            max_event_bytes=self.services.ingest.max_event_bytes,
        )
        work = _Work(encoding, body, defaults, 2 * self.services.otlp_max_request_bytes)
        if len(body) > _LARGE_BYTES:
            return await self._translate_beside(door, work)
        try:
            return await work.in_turns()
        except asyncio.CancelledError:
            self.services.ingest.count_cancelled(door, work.events)
            raise

    async def _translate_beside(self, door: Door, work: "_Work") -> _Translated:
        """Translate on a thread, as a turn of this one could take seconds; one after the other."""
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self.services.ingest.count_cancelled_request(door)
            raise
        thread = asyncio.ensure_future(asyncio.to_thread(work.at_once))
        # It goes on though its client may not, and has its turn until it ends.
        thread.add_done_callback(lambda _: self._turn.release())
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            thread.add_done_callback(partial(self._count_abandoned, door, work))
            raise
        finally:
            # A failed future keeps its error, which keeps this frame: a circle, with the request in it.
            del thread

    def _count_abandoned(self, door: Door, work: "_Work", thread: "asyncio.Future[_Translated]") -> None:
        self.services.ingest.count_cancelled(door, work.events)
        if not thread.cancelled():
            # Looked at, or asyncio would say that nobody did.
            thread.exception()

    def _tell_of_rejected(self, caller: ApiKey, results: Sequence[Receipt | TrackingError]) -> None:
        """Say it in the log, now and then: not every exporter tells anybody."""
        if monotonic() < self._silent_until:
            return
        rejected = [result for result in results if isinstance(result, TrackingError)]
        if rejected:
            self._silent_until = monotonic() + _SILENT_SECONDS
            logger.warning(
                "%d of %d records of key %s (%s) were rejected, the first because: %s"
                " The next %d s say no more of it; /metrics counts them all.",
                len(rejected),
                len(results),
                caller.id,
                caller.organisation,
                shortened(rejected[0].description),
                _SILENT_SECONDS,
            )


class _Work:
    """The translation of one request; `events` is what there is of it so far."""

    def __init__(self, encoding: Encoding, body: bytes, defaults: Defaults, most_context_bytes: int) -> None:
        self.events: list[LogEvent | TrackingError] = []
        self._encoding = encoding
        self._body = body
        self._defaults = defaults
        self._context_left = most_context_bytes

    async def in_turns(self) -> _Translated:
        """All of it, with others in between."""
        translation = self._begin()
        for some in translation:
            self._add(some)
            await asyncio.sleep(0)
        return self._end(translation)

    def at_once(self) -> _Translated:
        """The same for a thread that has nothing else to do."""
        translation = self._begin()
        for some in translation:
            self._add(some)
        return self._end(translation)

    def _begin(self) -> Translation:
        return self._encoding.translate(self._body, self._defaults)

    def _add(self, some: list[LogEvent | TrackingError]) -> None:
        self.events += some
        self._context_left -= sum(_context_bytes(event) for event in some if isinstance(event, LogEvent))
        if self._context_left < 0:
            raise TooLarge("Resource and scope, kept with each record, are many times the request: send less of them.")

    def _end(self, translation: Translation) -> _Translated:
        # Requests without a time are alike without being repeats: equal heartbeats all count.
        return _Translated(self.events, _digest(self._body) if translation.every_record_timed else None)


def _context_bytes(event: LogEvent) -> int:
    record = event.record
    return 0 if record is None else len(record.resource) + len(record.scope)


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_REQUEST_DIGEST_BYTES).digest()


def _answer(results: Sequence[Receipt | TrackingError]) -> Answer:
    errors = [(place, result) for place, result in enumerate(results, 1) if isinstance(result, TrackingError)]
    if not errors:
        return Answer()
    place, first = errors[0]
    text = f"record {place} of {len(results)}: {first.code}: {first.description}"
    more = f" ({len(errors)} records were rejected, this is the first)" if len(errors) > 1 else ""
    return Answer(len(errors), shortened(text) + more)


def shortened(text: str) -> str:
    """A text that fits into an answer of less than 4 KiB, and into gRPC's trailers, however it is encoded."""
    return text if len(text) <= _MAX_TEXT_CHARACTERS else f"{text[: _MAX_TEXT_CHARACTERS - 1]}…"
