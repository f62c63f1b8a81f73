"""LogsService over gRPC: exporters send their records."""

from functools import partial

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

from otel_bridge.arrival import check_size, too_slow
from otel_bridge.encodings import PROTOBUF
from otel_bridge.receiver import LOGS_ONLY, Receiver, shortened
from server.core.budget import Lease
from server.core.errors import Internal, NotFound, TrackingError
from server.core.model import Door
from server.transport.grpc import MessageReader, TooSlow
from server.transport.grpc_method import Context, Methods, Refusal, admit
from server.transport.grpc_status import code_of, to_status, to_trailers

SERVICE = logs_service_pb2.DESCRIPTOR.services_by_name["LogsService"].full_name

_COLLECTOR = "opentelemetry.proto.collector"
_OTHERS = ("trace.v1.TraceService", "metrics.v1.MetricsService")
_AFTER_A_BUG_SECONDS = 5.0


def logs_service(receiver: Receiver, reader: MessageReader) -> grpc.GenericRpcHandler:
    """The service's one method."""
    services = receiver.services

    async def export(context: Context) -> bytes:
        key = await admit(services, context, "ingest")

        async def read(lease: Lease) -> bytes:
            try:
                body = await reader.read(context, key.id)
            except TooSlow:
                raise too_slow() from None
            lease.grow(len(body))
            return check_size(services, key, body)

        return PROTOBUF.answer(await receiver.export(key, Door.OTLP_GRPC, PROTOBUF, read))

    methods = Methods(services, Door.OTLP_GRPC, _refusal)
    refuse = partial(services.ingest.refuse, Door.OTLP_GRPC)
    return grpc.method_handlers_generic_handler(SERVICE, {"Export": methods.unary("Export", export, on_error=refuse)})


def other_signals(receiver: Receiver) -> tuple[grpc.GenericRpcHandler, ...]:
    """Traces and metrics are not taken, and whoever sends them reads why."""
    methods = Methods(receiver.services, Door.OTLP_GRPC, _unimplemented)

    async def export(_: Context) -> bytes:
        raise NotFound(LOGS_ONLY)

    return tuple(
        grpc.method_handlers_generic_handler(
            f"{_COLLECTOR}.{name}", {"Export": methods.unary(f"{name.rpartition('.')[2]}/Export", export)}
        )
        for name in _OTHERS
    )


def _refusal(error: TrackingError) -> Refusal:
    if isinstance(error, Internal):
        # Exporters drop what ends in INTERNAL. The fault is ours, and may be gone once it is sent again.
        error = Internal(error.description, retry_after_seconds=_AFTER_A_BUG_SECONDS)
        return _ending(grpc.StatusCode.UNAVAILABLE, error)
    return _ending(code_of(error), error)


def _unimplemented(error: TrackingError) -> Refusal:
    return _ending(grpc.StatusCode.UNIMPLEMENTED, error)


def _ending(code: grpc.StatusCode, error: TrackingError) -> Refusal:
    status = to_status(code, error)
    status.message = shortened(status.message)
    return code, to_trailers(status, error)
