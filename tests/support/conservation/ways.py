"""The ways in: one event or many, over every door."""

import gzip
from collections.abc import Sequence
from time import monotonic
from typing import Any, Protocol

import grpc
import msgspec
from tracking.v1 import outcome_pb2, tracking_service_pb2

from tests.support.conservation.ledger import Acknowledgement, CutOff, NotReached, Refused
from tests.support.conservation.oracle import Event
from tests.support.grpc_client import GrpcClient, reason_of
from tests.support.grpc_messages import event_message
from tests.support.raw_http import Answer
from tests.support.rest_client import JSON, NDJSON, RestClient
from tests.support.service import BOOTSTRAP_KEY

_CALL_SECONDS = 20.0
_IDLE_SECONDS = 0.2
_RETRYABLE = ("OVERLOADED", "STORE_UNAVAILABLE", "DRAINING")


class Doors(Protocol):
    """Where a service listens; after a restart somewhere else."""

    http_port: int
    grpc_port: int


class Way(Protocol):
    """Sends events to one service over a connection of its own, at most `events` in a request."""

    events: int

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """Send them in one request. Raises NotAcknowledged; anything else that goes wrong is a bug."""

    async def close(self) -> None:
        """Close the connection; the next request opens another."""


class RestLog:
    """`POST log`."""

    events = 1

    def __init__(self, service: Doors, key: str = BOOTSTRAP_KEY) -> None:
        self._service = service
        self._key = key
        self._client: RestClient | None = None
        self._last_time = monotonic()

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """See `Way`."""
        fields = (await self._post("/log", events[0].payload, JSON)).fields
        return [Acknowledgement(fields["tracking-outcome"], fields["tracking-entry-id"])]

    async def close(self) -> None:
        """See `Way`."""
        if self._client is not None:
            self._client.hang_up()
            self._client = None

    async def _post(self, path: str, value: Any, content_type: str, **fields: str) -> Answer:
        if self._client is None:
            self._client = RestClient(self._service.http_port, self._key, timeout_seconds=_CALL_SECONDS)
        quiet_seconds, self._last_time = monotonic() - self._last_time, monotonic()
        try:
            answer = await self._client.post(path, value, content_type, **fields)
        except ConnectionRefusedError as error:
            raise NotReached from error
        except (OSError, EOFError) as error:
            # Between two requests a stopping server may close what seems idle: the race that HTTP/1.1 has.
            raise (NotReached if quiet_seconds > _IDLE_SECONDS else CutOff) from error
        if answer.status == 503 and answer.json["error"]["code"] in _RETRYABLE:
            assert int(answer.fields["retry-after"]) >= 1
            raise Refused
        assert answer.status == 200, answer.body
        return answer


class RestArray(RestLog):
    """`POST log/batch` with an array."""

    def __init__(self, service: Doors, key: str = BOOTSTRAP_KEY, *, events: int = 20) -> None:
        super().__init__(service, key)
        self.events = events

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """See `Way`."""
        answer = await self._post("/log/batch", [event.payload for event in events], JSON)
        return _acknowledged(answer.json, len(events))


class RestLines(RestArray):
    """`POST log/batch` with compressed NDJSON."""

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """See `Way`."""
        lines = b"\n".join(msgspec.json.encode(event.payload) for event in events)
        body = gzip.compress(lines, compresslevel=1)
        answer = await self._post("/log/batch", body, NDJSON, **{"Content-Encoding": "gzip"})
        return _acknowledged(answer.json, len(events))


def _acknowledged(counts: dict[str, Any], events: int) -> list[Acknowledgement]:
    """A batch's answer only counts. Where all had one fate, it is known of each."""
    assert counts["success"], counts
    fates = [outcome for outcome in ("stored", "debounced", "duplicate") if counts[outcome]]
    assert sum(counts[outcome] for outcome in fates) == events, counts
    return [Acknowledgement(fates[0] if len(fates) == 1 else "mixed")] * events


class GrpcLog:
    """`Log`."""

    events = 1

    def __init__(self, service: Doors, key: str = BOOTSTRAP_KEY) -> None:
        self._service = service
        self._key = key
        self._client: GrpcClient | None = None

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """See `Way`."""
        request = tracking_service_pb2.LogRequest(event=event_message(events[0].payload))
        answer = await self._call("Log", request)
        return [_acknowledgement(answer)]

    async def close(self) -> None:
        """See `Way`."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _call(self, method: str, request: Any) -> Any:
        if self._client is None:
            self._client = GrpcClient(self._service.grpc_port, self._key)
        client = self._client
        try:
            return await getattr(client.tracking, method)(request, metadata=client.metadata, timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error


class GrpcBatch(GrpcLog):
    """`LogBatch`."""

    def __init__(self, service: Doors, key: str = BOOTSTRAP_KEY, *, events: int = 20) -> None:
        super().__init__(service, key)
        self.events = events

    async def send(self, events: Sequence[Event]) -> list[Acknowledgement]:
        """See `Way`."""
        messages = [event_message(event.payload) for event in events]
        answer = await self._call("LogBatch", tracking_service_pb2.LogBatchRequest(events=messages))
        assert answer.success, answer
        return [_acknowledgement(result) for result in answer.results]


def _failure(error: grpc.aio.AioRpcError) -> Exception:
    if reason_of(error) in _RETRYABLE:
        return Refused()
    # A call that arrives just as gRPC begins to stop was never begun: CANCELLED.
    unconnected = "failed to connect" in (error.details() or "")
    if error.code() is grpc.StatusCode.CANCELLED or unconnected:
        return NotReached()
    return CutOff(error.details()) if error.code() is grpc.StatusCode.UNAVAILABLE else AssertionError(error)


def _acknowledgement(result: Any) -> Acknowledgement:
    return Acknowledgement(outcome_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_").lower(), result.entry_id)


def every_way(service: Doors, key: str = BOOTSTRAP_KEY) -> list[Way]:
    """One of each."""
    return [kind(service, key) for kind in (RestLog, RestArray, RestLines, GrpcLog, GrpcBatch)]
