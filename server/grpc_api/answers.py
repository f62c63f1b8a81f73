"""From what became of events to the contract's answers."""

from collections.abc import Sequence
from typing import Any

from tracking.v1 import outcome_pb2, tracking_service_pb2

from server.core.errors import RateLimited, Retryable, TrackingError
from server.core.model import Outcome, Receipt
from server.grpc_api.errors import error_message

_OUTCOMES: dict[str, Any] = {outcome.value: outcome_pb2.Outcome.Value(f"OUTCOME_{outcome.name}") for outcome in Outcome}


def logged(receipt: Receipt) -> bytes:
    """The answer to `Log`."""
    return tracking_service_pb2.LogResponse(
        success=True,
        outcome=_OUTCOMES[receipt.outcome],
        entry_id=receipt.entry_id,
        event_count=receipt.event_count,
    ).SerializeToString()


def batch_logged(results: Sequence[Receipt | TrackingError]) -> bytes:
    """The answer to `LogBatch`: one result an event, in order."""
    response = tracking_service_pb2.LogBatchResponse(success=True)
    add = response.results.add
    for result in results:
        if isinstance(result, Receipt):
            add(outcome=_OUTCOMES[result.outcome], entry_id=result.entry_id, event_count=result.event_count)
        else:
            response.success = False
            add(outcome=outcome_pb2.OUTCOME_REJECTED, error=error_message(result))
    return response.SerializeToString()


def stream_logged(sequence: int, result: Receipt | TrackingError) -> bytes:
    """One answer of `LogStream`."""
    response = tracking_service_pb2.LogStreamResponse(sequence=sequence)
    if isinstance(result, Receipt):
        response.result.outcome = _OUTCOMES[result.outcome]
        response.result.entry_id = result.entry_id
        response.result.event_count = result.event_count
    else:
        is_shed = isinstance(result, Retryable) and not isinstance(result, RateLimited)
        response.result.outcome = _OUTCOMES[Outcome.SHED if is_shed else Outcome.REJECTED]
        response.result.error.CopyFrom(error_message(result))
    return response.SerializeToString()
