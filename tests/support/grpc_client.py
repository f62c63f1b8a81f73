"""A client of the gRPC door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tracking.v1 import query_service_pb2_grpc, tracking_service_pb2_grpc

from tests.support.service import BOOTSTRAP_KEY, Service

_OPTIONS = [
    # Each client a connection of its own.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_reconnect_backoff_ms", 200),
]


class GrpcClient:
    """A channel and the two services on it."""

    def __init__(self, port: int, key: str = BOOTSTRAP_KEY, *, options: list[tuple[str, Any]] | None = None) -> None:
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[*_OPTIONS, *(options or [])])
        self.metadata = (("authorization", f"Bearer {key}"),)
        self.tracking: tracking_service_pb2_grpc.TrackingServiceAsyncStub = (
            tracking_service_pb2_grpc.TrackingServiceStub(self.channel)
        )
        self.query: query_service_pb2_grpc.QueryServiceAsyncStub = query_service_pb2_grpc.QueryServiceStub(self.channel)

    async def close(self) -> None:
        """Close the channel."""
        await self.channel.close()


@asynccontextmanager
async def grpc_client(service: Service, key: str = BOOTSTRAP_KEY) -> AsyncIterator[GrpcClient]:
    """A client of a service that runs."""
    client = GrpcClient(service.grpc_port, key)
    try:
        yield client
    finally:
        await client.close()


def reason_of(error: grpc.aio.AioRpcError) -> str | None:
    """The service's own code in an error; None for an error that gRPC itself made."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads what the asynchronous error has too
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return None
