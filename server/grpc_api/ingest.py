"""TrackingService: events come in."""

from collections.abc import Sequence
from typing import Any

import grpc
from tracking.v1 import outcome_pb2, tracking_service_pb2

from server.core.errors import TrackingError
from server.core.model import Door, Outcome, Receipt
from server.core.services import Services
from server.grpc_api.door import Context, admit, method
from server.grpc_api.errors import error_message
from server.grpc_api.events import read_event, read_events
from server.transport.grpc import MessageReader, decode

SERVICE = tracking_service_pb2.DESCRIPTOR.services_by_name["TrackingService"].full_name

_OUTCOMES: dict[str, Any] = {outcome.value: outcome_pb2.Outcome.Value(f"OUTCOME_{outcome.name}") for outcome in Outcome}


def tracking_service(services: Services, reader: MessageReader) -> grpc.GenericRpcHandler:
    """The service's methods; `LogStream` is declared, and answers UNIMPLEMENTED."""

    async def log(context: Context) -> bytes:
        key = await admit(services, context, "ingest")
        services.admission.charge(key)
        event = read_event(decode(tracking_service_pb2.LogRequest, await reader.read(context, key.id)).event)
        return _logged(await services.ingest.log(key, Door.GRPC, event))

    async def log_batch(context: Context) -> bytes:
        key = await admit(services, context, "ingest")
        services.admission.charge(key)
        messages = decode(tracking_service_pb2.LogBatchRequest, await reader.read(context, key.id)).events
        services.admission.charge_rest(key, len(messages))
        return _batch_logged(await services.ingest.log_batch(key, Door.GRPC, read_events(messages)))

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "Log": method(services, "Log", log, ingests=True),
            "LogBatch": method(services, "LogBatch", log_batch, ingests=True),
        },
    )


def _logged(receipt: Receipt) -> bytes:
    return tracking_service_pb2.LogResponse(
        success=True,
        outcome=_OUTCOMES[receipt.outcome],
        entry_id=receipt.entry_id,
        event_count=receipt.event_count,
    ).SerializeToString()


def _batch_logged(results: Sequence[Receipt | TrackingError]) -> bytes:
    response = tracking_service_pb2.LogBatchResponse(success=True)
    add = response.results.add
    for result in results:
        if isinstance(result, Receipt):
            add(outcome=_OUTCOMES[result.outcome], entry_id=result.entry_id, event_count=result.event_count)
        else:
            response.success = False
            add(outcome=outcome_pb2.OUTCOME_REJECTED, error=error_message(result))
    return response.SerializeToString()
