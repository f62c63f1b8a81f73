"""The doors of one process: opened together or none of them, drained together."""

import asyncio
import secrets
from collections.abc import Awaitable

from server.bootstrap.listening import bind, host_and_port, probe, tls_context, tls_credentials
from server.core.errors import Refused
from server.core.services import Services
from server.grpc_api import ingest, query
from server.http_api.app import build_app
from server.settings import Settings
from server.transport.grpc import GrpcServer, MessageReader
from server.transport.http.deadlines import Deadlines
from server.transport.http.serving import HttpServer


class Doors:
    """What `serve` opens. The ports are those in use, also where 0 was asked for; None = that door is closed."""

    def __init__(self) -> None:
        self.http_port: int | None = None
        self.grpc_port: int | None = None
        self._http: HttpServer | None = None
        self._grpc: GrpcServer | None = None

    async def open(self, services: Services, settings: Settings) -> None:
        """Serve. Raises Refused, with nothing left open, if an address is taken or no door would be open."""
        if not {"http", "grpc"}.intersection(settings.doors):
            raise Refused("--doors otlp: this build has no OTLP door; choose http or grpc", exit_code=2)
        try:
            if "grpc" in settings.doors:
                await self._open_grpc(services, settings)
            if "http" in settings.doors:
                await self._open_http(services, settings)
        except BaseException:
            await self.drain(0.0)
            raise

    async def set_serving(self, *, serving: bool) -> None:
        """What gRPC's health service answers."""
        if self._grpc is not None:
            await self._grpc.set_serving(serving=serving)

    async def drain(self, seconds: float) -> None:
        """Take nothing new, answer what is under way, close."""
        stops: list[Awaitable[object]] = []
        if self._http is not None:
            stops.append(self._http.drain(timeout_seconds=seconds))
        if self._grpc is not None:
            stops.append(self._grpc.stop(seconds))
        await asyncio.gather(*stops)
        self._http = self._grpc = None

    async def _open_grpc(self, services: Services, settings: Settings) -> None:
        shared = settings.workers > 1
        if not shared:
            probe(settings.host, settings.grpc_port, "grpc-port")
        reader = MessageReader(seconds=_deadlines(settings).for_body(settings.max_request_bytes))
        server = GrpcServer(
            (ingest.tracking_service(services, reader), query.query_service(services, reader)),
            (ingest.SERVICE, query.SERVICE),
            max_message_bytes=settings.max_request_bytes,
            reuse_port=shared,
        )
        address = host_and_port(settings.host, settings.grpc_port)
        self.grpc_port = await server.start(address, tls_credentials(settings))
        self._grpc = server

    async def _open_http(self, services: Services, settings: Settings) -> None:
        listening = bind(settings.host, settings.http_port, "http-port", shared=settings.workers > 1)
        app = build_app(services, f"tracking-{secrets.token_hex(4)}")
        self._http = await HttpServer.start(app, listening, ssl=tls_context(settings), deadlines=_deadlines(settings))
        self.http_port = listening.getsockname()[1]


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(head_seconds=settings.head_seconds, body_seconds=settings.body_seconds)
