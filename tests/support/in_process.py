"""The service in this process, on this event loop: real sockets, a real file, and a look inside where one is needed."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
from prometheus_client.parser import text_string_to_metric_families

from server.bootstrap.core import Core
from server.bootstrap.doors import Doors
from server.bootstrap.stores import open_store
from server.core.administration import Organisation
from server.core.key_requests import NewKey
from server.core.keys import ALL_SCOPES
from server.core.model import KeyKind, Scope
from server.setting_kinds import Database, Secret, SqliteDatabase
from server.settings import Settings
from tests.support.grpc_door import GrpcDoor
from tests.support.rest_door import RestDoor
from tests.support.results import DoorClient

BOOTSTRAP_KEY = "bootstrap-key-of-the-tests-0123456789"
_DRAIN_SECONDS = 5.0
Counts = dict[tuple[str, str, str, str], int]


class Client:
    """An organisation of one test, and the doors as one of its keys sees them."""

    def __init__(self, service: "InProcessService", organisation: Organisation, key: str) -> None:
        self.service = service
        self.organisation = organisation
        self.key = key
        self.rest = RestDoor(service.http, key)
        self.rest_lines = RestDoor(service.http, key, lines=True)
        self.grpc = GrpcDoor(service.channel, key)
        self.doors: dict[str, DoorClient] = {"rest": self.rest, "grpc": self.grpc}

    async def with_key(
        self,
        *scopes: Scope,
        kind: KeyKind = "server",
        origins: tuple[str, ...] = (),
        rate: int | None = None,
    ) -> "Client":
        """The same organisation seen with another, new key."""
        chosen: frozenset[Scope] = frozenset(scopes or ("ingest",))
        new = NewKey(kind=kind, scopes=chosen, origins=origins, rate=rate)
        _, key = await self.service.core.services.administration.create_key(self.organisation, new)
        return Client(self.service, self.organisation, key)


class InProcessService:
    """A running service. `http` and `channel` have no key of their own."""

    def __init__(
        self, folder: Path, core: Core, doors: Doors, http: httpx.AsyncClient, channel: grpc.aio.Channel
    ) -> None:
        self.folder = folder
        self.core = core
        self.doors = doors
        self.http = http
        self.channel = channel
        ports = doors.ports
        assert ports.http_port is not None
        assert ports.grpc_port is not None
        assert ports.otlp_grpc_port is not None
        assert ports.otlp_http_port is not None
        self.http_port: int = ports.http_port
        self.grpc_port: int = ports.grpc_port
        self.otlp_grpc_port: int = ports.otlp_grpc_port
        self.otlp_http_port: int = ports.otlp_http_port

    async def new_client(self) -> Client:
        """A new organisation, with a key that may do everything."""
        administration = self.core.services.administration
        organisation = await administration.create_organisation(f"org-{secrets.token_hex(4)}")
        _, key = await administration.create_key(organisation, NewKey(scopes=ALL_SCOPES))
        return Client(self, organisation, key)

    async def event_counts(self) -> Counts:
        """`tracking_events_total` by door, level, outcome and reason, as `/metrics` tells it."""
        text = (await self.http.get("/metrics")).text
        samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "tracking_events_total"
        ]
        names = ("door", "level", "outcome", "reason")
        counts = {tuple(sample.labels[name] for name in names): int(sample.value) for sample in samples}
        return {(door, level, outcome, reason): n for (door, level, outcome, reason), n in counts.items()}


@asynccontextmanager
async def in_process(
    folder: Path, database: Database | None = None, **settings: Any
) -> AsyncIterator[InProcessService]:
    """A service on free ports over a new file, unless told, and clients of it; all closed at the end."""
    chosen = Settings(
        database_url=database or SqliteDatabase(folder / "tracking.db"),
        http_port=0,
        grpc_port=0,
        otlp_grpc_port=0,
        otlp_http_port=0,
        bootstrap_api_key=Secret(BOOTSTRAP_KEY),
        **settings,
    )
    async with AsyncExitStack() as stack:
        core = Core(await open_store(chosen), chosen)
        stack.push_async_callback(core.close)
        core.start()
        await core.services.administration.ensure_bootstrap_key(BOOTSTRAP_KEY)
        doors = Doors()
        await doors.open(core.services, chosen)
        stack.push_async_callback(doors.drain, _DRAIN_SECONDS)
        await doors.set_serving(serving=True)
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{doors.ports.http_port}", trust_env=False, timeout=20)
        await stack.enter_async_context(http)
        channel = grpc.aio.insecure_channel(
            f"127.0.0.1:{doors.ports.grpc_port}",
            [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)],
        )
        await stack.enter_async_context(channel)
        yield InProcessService(folder, core, doors, http, channel)
