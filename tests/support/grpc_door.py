"""A client of the gRPC door that speaks REST's words."""

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tracking.v1 import (
    error_pb2,
    outcome_pb2,
    query_service_pb2,
    query_service_pb2_grpc,
    tracking_service_pb2,
    tracking_service_pb2_grpc,
)

from server.client.entry_json import entry_fields
from tests.support.grpc_messages import event_message, filter_message, json_name
from tests.support.results import BatchLogged, Entry, Event, Failure, Filters, Logged, Page

_RETRYABLE = {"RATE_LIMITED", "OVERLOADED", "STORE_UNAVAILABLE", "DRAINING", "QUERY_TIMEOUT"}
_SECONDS = 20.0


class GrpcDoor:
    """gRPC with one key."""

    name = "grpc"

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {key}"),)
        # The stubs of an aio channel are typed for a blocking one.
        self._tracking: Any = tracking_service_pb2_grpc.TrackingServiceStub(channel)
        self._query: Any = query_service_pb2_grpc.QueryServiceStub(channel)

    async def log(self, event: Event) -> Logged | Failure:
        """See `DoorClient`."""
        request = tracking_service_pb2.LogRequest(event=event_message(event))
        response = await self._call(self._tracking.Log, request)
        if isinstance(response, Failure):
            return response
        assert response.success is True
        return Logged(_outcome(response), response.entry_id, response.event_count)

    async def log_batch(self, events: Sequence[Event]) -> BatchLogged | Failure:
        """See `DoorClient`."""
        request = tracking_service_pb2.LogBatchRequest(events=[event_message(event) for event in events])
        response = await self._call(self._tracking.LogBatch, request)
        return response if isinstance(response, Failure) else _batch_of(response, len(events))

    async def entries(
        self, filters: Filters | None = None, *, page_size: int = 0, page_token: str = ""
    ) -> Page | Failure:
        """See `DoorClient`."""
        request = query_service_pb2.ListEntriesRequest(
            filter=filter_message(filters or {}), page_size=page_size, page_token=page_token
        )
        response = await self._call(self._query.ListEntries, request)
        if isinstance(response, Failure):
            return response
        return Page([entry_fields(entry) for entry in response.entries], response.next_page_token)

    async def entry(self, entry_id: str) -> Entry | Failure:
        """See `DoorClient`."""
        response = await self._call(self._query.GetEntry, query_service_pb2.GetEntryRequest(id=entry_id))
        return response if isinstance(response, Failure) else entry_fields(response.entry)

    async def call(self, method: str, data: bytes, **options: Any) -> bytes:
        """Any call with this door's key, in bytes: what the stubs could not send. Raises AioRpcError."""
        unary: Any = self._channel.unary_unary(method)
        answer: bytes = await unary(data, metadata=self._metadata, timeout=_SECONDS, **options)
        return answer

    async def _call(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, metadata=self._metadata, timeout=_SECONDS)
        except grpc.aio.AioRpcError as error:
            return failure_of(error)


def failure_of(error: grpc.aio.AioRpcError) -> Failure:
    """A status, looked at for what every one of ours must have."""
    # aio's error is a call as rpc_status wants it, which its type does not say.
    call: Any = error
    status = rpc_status.from_call(call)
    assert status is not None, error
    assert status.message
    info, bad_request, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    unpacked = [detail for kind in (info, bad_request, retry) for detail in status.details if detail.Unpack(kind)]
    assert len(unpacked) == len(status.details)
    assert info.domain == "tracking"
    assert (retry.retry_delay.ToNanoseconds() > 0) == (info.reason in _RETRYABLE)
    fields = [violation.field for violation in bad_request.field_violations]
    assert all(violation.description for violation in bad_request.field_violations)
    return Failure(info.reason, json_name(fields[0]) if fields else None, info.reason in _RETRYABLE)


def _batch_of(response: tracking_service_pb2.LogBatchResponse, number: int) -> BatchLogged:
    assert len(response.results) == number
    outcomes = dict.fromkeys(("stored", "debounced", "duplicate", "rejected"), 0)
    errors = {}
    for index, result in enumerate(response.results):
        outcomes[_outcome(result)] += 1
        if result.HasField("error"):
            assert (_outcome(result), result.entry_id, result.event_count) == ("rejected", "", 0)
            errors[index] = _failure_of_event(result.error)
        else:
            assert result.entry_id
            assert result.event_count > 0
    assert response.success is (not errors)
    assert len(errors) == outcomes["rejected"]
    return BatchLogged(outcomes, errors)


def _failure_of_event(error: error_pb2.Error) -> Failure:
    assert error.message
    assert error.description
    assert not error.HasField("retry_delay")
    return Failure(error.code, json_name(error.field) if error.field else None)


def _outcome(answer: Any) -> str:
    return outcome_pb2.Outcome.Name(answer.outcome).removeprefix("OUTCOME_").lower()
