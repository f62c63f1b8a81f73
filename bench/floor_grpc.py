"""The floor of gRPC: a bare grpc.aio servicer, as everybody would write it. Prints its port."""

import asyncio
from typing import Any

import grpc.aio
import uvloop
from tracking.v1 import outcome_pb2, tracking_service_pb2, tracking_service_pb2_grpc


class _Tracking(tracking_service_pb2_grpc.TrackingServiceServicer):
    async def Log(  # noqa: N802 - the contract's name
        self, request: tracking_service_pb2.LogRequest, _context: Any
    ) -> tracking_service_pb2.LogResponse:
        return tracking_service_pb2.LogResponse(
            success=bool(request.event.message), outcome=outcome_pb2.OUTCOME_STORED, entry_id="0" * 16, event_count=1
        )


async def _serve() -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    tracking_service_pb2_grpc.add_TrackingServiceServicer_to_server(
        _Tracking(),  # type: ignore[abstract]  # what is not called need not be there
        server,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
