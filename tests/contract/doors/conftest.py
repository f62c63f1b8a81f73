"""Every scenario through every door, alone and in batches, over every store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio

from server.setting_kinds import Database, MongoDatabase, Secret
from tests.support.fixtures import client, clock, pytest_asyncio_loop_factories
from tests.support.in_process import Client, InProcessService, in_process
from tests.support.mongo_databases import Databases
from tests.support.results import BatchLogged, DoorClient, Event, Failure

__all__ = ["client", "clock", "pytest_asyncio_loop_factories"]


@pytest.fixture(params=["sqlite", "mongo"], scope="module")
def database(request: pytest.FixtureRequest) -> Database | None:
    """Where the service of a module keeps its entries; None: in a file of its own."""
    if request.param == "sqlite":
        return None
    databases: Databases = request.getfixturevalue("mongodb")
    return MongoDatabase(Secret(databases.empty("doors")))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(
    tmp_path_factory: pytest.TempPathFactory, database: Database | None
) -> AsyncIterator[InProcessService]:
    """A service of this module, with the settings that users get."""
    async with in_process(tmp_path_factory.mktemp("service"), database) as running:
        yield running


class Way(NamedTuple):
    """A way for one event into the service: `send` gives its outcome."""

    door: DoorClient
    send: Callable[[Event], Awaitable[str | Failure]]


@pytest.fixture(params=["rest", "grpc"])
def door(request: pytest.FixtureRequest, client: Client) -> DoorClient:
    """A door."""
    return client.doors[request.param]


@pytest.fixture(params=["rest", "rest array", "rest lines", "grpc", "grpc batch"])
def way(request: pytest.FixtureRequest, client: Client) -> Way:
    """A way through a door."""
    name, _, batch = request.param.partition(" ")
    door = client.rest_lines if batch == "lines" else client.doors[name]
    return Way(door, _in_batch(door) if batch else _alone(door))


def _alone(door: DoorClient) -> Callable[[Event], Awaitable[str | Failure]]:
    async def send(event: Event) -> str | Failure:
        logged = await door.log(event)
        return logged if isinstance(logged, Failure) else logged.outcome

    return send


def _in_batch(door: DoorClient) -> Callable[[Event], Awaitable[str | Failure]]:
    async def send(event: Event) -> str | Failure:
        logged = await door.log_batch([event])
        assert isinstance(logged, BatchLogged), logged
        if logged.errors:
            return logged.errors[0]
        (outcome,) = [outcome for outcome, number in logged.outcomes.items() if number]
        return outcome

    return send
