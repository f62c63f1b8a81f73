"""What cannot be taken now is said so, may be sent again, and is never lost once it was taken."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest
import pytest_asyncio

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import InProcessService, in_process
from tests.support.results import Event, Failure, Page, find, keep, keep_all
from tests.support.waiting import until

pytestmark = IN_SESSION

HELLO: Event = {"message": "hello"}


@pytest_asyncio.fixture(loop_scope="session")
async def impatient(tmp_path: Path) -> AsyncIterator[InProcessService]:
    """A service of one test, with events that wait no more than a moment for their commit."""
    async with in_process(tmp_path, commit_seconds=0.2) as running:
        yield running


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else writes to the service's file."""
    connection = apsw.Connection(str(folder / "tracking.db"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_commit_that_takes_too_long_is_answered_in_time_and_counts_as_it_ends(
    impatient: InProcessService, tmp_path: Path, name: str
) -> None:
    client = await impatient.new_client()
    door = client.doors[name]
    one = {**HELLO, "eventId": "one"}
    several = [{**HELLO, "eventId": f"several {number}"} for number in range(3)]
    with locked(tmp_path):
        answers: list[object] = [*await asyncio.gather(door.log(one), door.log_batch([*several, {}]))]
        assert answers == [Failure("STORE_UNAVAILABLE", retry=True)] * 2
        # Reading goes on.
        assert isinstance(await door.entries(), Page)
    await until(lambda: impatient.core.services.budget.used == 0)
    assert await impatient.event_counts() == {
        (name, "info", "stored", ""): 4,
        (name, "", "rejected", "invalid_message"): 1,
    }
    assert (await keep(door, one)).outcome == "duplicate"
    assert await keep_all(door, several) == {"stored": 0, "debounced": 0, "duplicate": 3, "rejected": 0}
    assert len(await find(door)) == 4


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_full_queue_sheds_at_once_and_takes_events_again_when_there_is_room(
    impatient: InProcessService, name: str
) -> None:
    client = await impatient.new_client()
    door, budget = client.doors[name], impatient.core.services.budget
    overloaded = Failure("OVERLOADED", retry=True)
    budget.reserve(budget.capacity)
    assert await door.log(HELLO) == overloaded
    assert await door.log_batch([HELLO] * 3) == overloaded
    assert (await impatient.http.get("/readyz")).status_code == 503
    budget.release(budget.capacity)
    assert (await impatient.http.get("/readyz")).status_code == 200
    await keep(door, HELLO)
    counts = await impatient.event_counts()
    # A body that was never read is one event to REST.
    levels = {"rest": {"": 2}, "grpc": {"info": 4}}[name]
    assert counts == {
        (name, "info", "stored", ""): 1,
        **{(name, level, "shed", "overloaded"): number for level, number in levels.items()},
    }


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_stopping_service_sheds(impatient: InProcessService, name: str) -> None:
    client = await impatient.new_client()
    door = client.doors[name]
    await impatient.core._committer.close()
    assert await door.log(HELLO) == Failure("DRAINING", retry=True)
    assert await door.log_batch([HELLO, {}]) == Failure("DRAINING", retry=True)
    assert await impatient.event_counts() == {
        (name, "info", "shed", "draining"): 2,
        (name, "", "rejected", "invalid_message"): 1,
    }
