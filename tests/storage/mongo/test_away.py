"""MongoDB may be away when the service starts, or go while it runs: that costs milliseconds, and ends by itself."""

from pathlib import Path
from signal import SIGKILL
from time import monotonic

import pytest

from server.core.errors import StoreUnavailable
from tests.storage.mongo.opening import mongo_store
from tests.support.fixtures import IN_SESSION, pytest_asyncio_loop_factories
from tests.support.mongod import ReplicaSet
from tests.support.rest_client import RestClient
from tests.support.service import Service
from tests.support.stores import commit, read_all, submission
from tests.support.waiting import eventually, until

__all__ = ["pytest_asyncio_loop_factories"]
pytestmark = IN_SESSION

_RECOVERS_SECONDS = 10.0


@pytest.fixture
def url(own_mongodb: ReplicaSet) -> str:
    return own_mongodb.url_of("away")


async def test_a_server_starts_without_mongodb_says_so_at_once_and_recovers_by_itself(
    own_mongodb: ReplicaSet, url: str, tmp_path: Path
) -> None:
    (member,) = own_mongodb.members
    member.send(SIGKILL)
    service = Service(tmp_path, database_url=url)
    try:
        await service.start()
        client = RestClient(service.http_port)
        await eventually(lambda: _is_not_ready(client))
        for _ in range(20):
            begin = monotonic()
            answer = await client.post("/log", {"message": "early"})
            assert (answer.status, answer.json["error"]["code"]) == (503, "STORE_UNAVAILABLE")
            assert int(answer.fields["retry-after"]) >= 1
            # The driver would look for a server for three seconds.
            assert monotonic() - begin < 2
        assert service.process.num_threads() < 20
        member.start()
        await eventually(lambda: _is_taken(client), timeout_seconds=_RECOVERS_SECONDS)
        assert [entry["message"] for entry in await client.entries()] == ["late"]
        await client.close()
        await service.stop()
    finally:
        service.put_down()
    assert "Traceback" not in service.stderr


async def test_a_deployment_that_goes_is_asked_once_and_then_not_again_until_it_answers(
    own_mongodb: ReplicaSet, url: str
) -> None:
    (member,) = own_mongodb.members
    async with mongo_store(url) as store:
        await commit(store, submission("before", event_id="before"))
        member.send(SIGKILL)
        with pytest.raises(StoreUnavailable):
            await commit(store, submission("lost", event_id="lost"))
        for _ in range(100):
            begin = monotonic()
            with pytest.raises(StoreUnavailable):
                await commit(store, submission("lost", event_id="lost"))
            with pytest.raises(StoreUnavailable):
                await store.check()
            assert monotonic() - begin < 2
        member.start()
        await until(lambda: store._connection._reason is None, timeout_seconds=_RECOVERS_SECONDS)
        await commit(store, submission("lost", event_id="lost"))
        assert [entry.message for entry in await read_all(store)].count("lost") == 1


async def _is_not_ready(client: RestClient) -> bool:
    answer = await client.ask("GET", "/readyz")
    return answer.status == 503 and bool(answer.json["error"]["code"] == "STORE_UNAVAILABLE")


async def _is_taken(client: RestClient) -> bool:
    return (await client.post("/log", {"message": "late", "eventId": "late"})).status == 200
