"""TrackingService: events come in."""

import grpc
from tracking.v1 import tracking_service_pb2

from server.core.model import Door
from server.core.services import Services
from server.grpc_api.answers import batch_logged, logged
from server.grpc_api.door import method, stream
from server.grpc_api.events import read_event, read_events
from server.grpc_api.stream import LogStream, OpenStreams
from server.transport.grpc import MessageReader, decode
from server.transport.grpc_method import Context, admit

SERVICE = tracking_service_pb2.DESCRIPTOR.services_by_name["TrackingService"].full_name


def tracking_service(services: Services, reader: MessageReader) -> grpc.GenericRpcHandler:
    """The service's methods."""
    streams = OpenStreams()

    async def log(context: Context) -> bytes:
        key = await admit(services, context, "ingest")
        services.admission.charge(key)
        event = read_event(decode(tracking_service_pb2.LogRequest, await reader.read(context, key.id)).event)
        return logged(await services.ingest.log(key, Door.GRPC, event))

    async def log_batch(context: Context) -> bytes:
        key = await admit(services, context, "ingest")
        services.admission.charge(key)
        messages = decode(tracking_service_pb2.LogBatchRequest, await reader.read(context, key.id)).events
        services.admission.charge_rest(key, len(messages))
        return batch_logged(await services.ingest.log_batch(key, Door.GRPC, read_events(messages)))

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "Log": method(services, "Log", log, ingests=True),
            "LogBatch": method(services, "LogBatch", log_batch, ingests=True),
            "LogStream": stream(services, "LogStream", lambda context: LogStream(services, context, streams).run()),
        },
    )
