"""The doors of one process: opened together or none of them, drained together."""

import asyncio

from otel_bridge import grpc_service
from otel_bridge.receiver import Receiver
from server.bootstrap.applications import main_app, otlp_app
from server.bootstrap.listening import Ports, bind, host_and_port, probe, tls_context, tls_credentials
from server.core.services import Services
from server.grpc_api import ingest, query
from server.settings import Settings
from server.transport.grpc import GrpcServer, MessageReader
from server.transport.http.app import App
from server.transport.http.deadlines import Deadlines
from server.transport.http.serving import HttpServer

_MESSAGES_AT_ONCE, _OTLP_MESSAGES_AT_ONCE = 16, 2
"""Messages of one key that gRPC is reading, and inflating, at a time: OTLP's may be many times larger."""


class Doors:
    """What `serve` opens. The ports are those in use, also where 0 was asked for."""

    def __init__(self) -> None:
        self.ports = Ports()
        self._http: list[HttpServer] = []
        self._grpc: list[GrpcServer] = []

    async def open(self, services: Services, settings: Settings) -> None:
        """Serve. Raises Refused, with nothing left open, if an address is taken."""
        receiver = Receiver(services)
        try:
            if "grpc" in settings.doors:
                await self._open_grpc(services, settings)
            if "http" in settings.doors:
                app = main_app(services, receiver)
                self.ports.http_port = await self._serve_http(settings, settings.http_port, "http-port", app)
            if "otlp" in settings.doors:
                await self._open_otlp(services, settings, receiver)
        except BaseException:
            await self.drain(0.0)
            raise

    async def set_serving(self, *, serving: bool) -> None:
        """What gRPC's health service answers."""
        for server in self._grpc:
            await server.set_serving(serving=serving)

    async def drain(self, seconds: float) -> None:
        """Take nothing new, answer what is under way, close."""
        await asyncio.gather(
            *(server.drain(timeout_seconds=seconds) for server in self._http),
            *(server.stop(seconds) for server in self._grpc),
        )
        self._http, self._grpc = [], []

    async def _open_grpc(self, services: Services, settings: Settings) -> None:
        reader = _reader(settings, settings.max_request_bytes, _MESSAGES_AT_ONCE)
        server = GrpcServer(
            (ingest.tracking_service(services, reader), query.query_service(services, reader)),
            (ingest.SERVICE, query.SERVICE),
            max_message_bytes=settings.max_request_bytes,
            reuse_port=_shares_ports(settings),
        )
        self.ports.grpc_port = await self._serve_grpc(settings, settings.grpc_port, "grpc-port", server)

    async def _open_otlp(self, services: Services, settings: Settings, receiver: Receiver) -> None:
        reader = _reader(settings, settings.otlp_max_request_bytes, _OTLP_MESSAGES_AT_ONCE)
        server = GrpcServer(
            (grpc_service.logs_service(receiver, reader), *grpc_service.other_signals(receiver)),
            (grpc_service.SERVICE,),
            max_message_bytes=settings.otlp_max_request_bytes,
            reuse_port=_shares_ports(settings),
        )
        self.ports.otlp_grpc_port = await self._serve_grpc(settings, settings.otlp_grpc_port, "otlp-grpc-port", server)
        app = otlp_app(services, receiver)
        self.ports.otlp_http_port = await self._serve_http(settings, settings.otlp_http_port, "otlp-http-port", app)

    async def _serve_grpc(self, settings: Settings, port: int, setting: str, server: GrpcServer) -> int:
        if not _shares_ports(settings):
            probe(settings.host, port, setting)
        port = await server.start(host_and_port(settings.host, port), tls_credentials(settings))
        self._grpc.append(server)
        return port

    async def _serve_http(self, settings: Settings, port: int, setting: str, app: App) -> int:
        listening = bind(settings.host, port, setting, shared=_shares_ports(settings))
        server = await HttpServer.start(app, listening, ssl=tls_context(settings), deadlines=_deadlines(settings))
        self._http.append(server)
        bound: int = listening.getsockname()[1]
        return bound


def _reader(settings: Settings, max_message_bytes: int, messages_at_once: int) -> MessageReader:
    seconds = _deadlines(settings).for_body(max_message_bytes)
    return MessageReader(seconds=seconds, messages_at_once=messages_at_once)


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(head_seconds=settings.head_seconds, body_seconds=settings.body_seconds)


def _shares_ports(settings: Settings) -> bool:
    return settings.workers > 1
