"""The receiver: the one `export` behind every transport of OTLP."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b

import msgspec

from otel_bridge.controls import Defaults
from otel_bridge.encodings import Answer, Encoding
from otel_bridge.parts import MAX_RECORDS, too_many
from server.core.budget import Lease
from server.core.errors import TooLarge, TrackingError
from server.core.model import ApiKey, Door, LogEvent, Receipt
from server.core.services import Services

LOGS_ONLY = "logs only"
"""What is said of traces and metrics."""

_REQUEST_DIGEST_BYTES = 16
_OBJECTS_PER_BYTE = 3
"""What a decoded request weighs beside its bytes, roughly."""
_LARGE_BYTES = 256 * 1024
"""Larger requests are decoded one after the other: the objects of many at once would fill the memory."""
_MOST_CONTEXT_PER_BYTE = 16
"""How often the bytes of a request may be kept over again as the resources and scopes of its records."""
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

    async def export(self, caller: ApiKey, door: Door, encoding: Encoding, read: Read) -> Answer:
        """Store a request's records durably; `read` gives its inflated bytes, and holds them on the lease.

        Raises what fails the whole request: what is Retryable may be sent again, and is then stored once where every
        record carries a time. Records that cannot be accepted are counted in the answer, and nothing else.
        """
        services = self.services
        services.admission.charge(caller)
        with services.budget.lease() as lease:
            translated = await self._translate(caller, encoding, await read(lease), lease)
            services.admission.charge_rest(caller, len(translated.events))
        if not translated.events:
            return Answer()
        return _answer(await services.ingest.log_batch(caller, door, translated.events, digest=translated.digest))

    async def _translate(self, caller: ApiKey, encoding: Encoding, body: bytes, lease: Lease) -> _Translated:
        if len(body) <= _LARGE_BYTES:
            return await _translated(caller, encoding, body, lease)
        async with self._turn:
            return await _translated(caller, encoding, body, lease)


async def _translated(caller: ApiKey, encoding: Encoding, body: bytes, lease: Lease) -> _Translated:
    lease.grow(_OBJECTS_PER_BYTE * len(body))
    translation = encoding.translate(body, Defaults(debounce=caller.otlp_debounce, component=caller.otlp_component))
    events: list[LogEvent | TrackingError] = []
    repeated = 0
    for slice_ in translation:
        events += slice_
        repeated += sum(_context_bytes(event) for event in slice_ if isinstance(event, LogEvent))
        if len(events) > MAX_RECORDS:
            raise too_many()
        if repeated > _MOST_CONTEXT_PER_BYTE * max(len(body), _LARGE_BYTES):
            raise TooLarge("Resource and scope, kept with each record, are many times the request: send them smaller.")
        # Others have to come in between.
        await asyncio.sleep(0)
    # Requests without a time are alike without being repeats: equal heartbeats all count.
    return _Translated(events, await _digest_of(body) if translation.every_record_timed else None)


def _context_bytes(event: LogEvent) -> int:
    record = event.record
    return 0 if record is None else len(record.resource) + len(record.scope)


async def _digest_of(body: bytes) -> bytes:
    if len(body) <= _LARGE_BYTES:
        return _digest(body)
    return await asyncio.to_thread(_digest, body)


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
