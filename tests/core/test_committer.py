"""The committer: who is in a commit, who is answered what, and what becomes of those who do not wait."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from server.core.budget import ByteBudget
from server.core.committer import Committer
from server.core.errors import Draining, Internal, Overloaded, StoreUnavailable, TrackingError
from server.core.model import Door, Outcome, Receipt
from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.ports import StoreBroken
from tests.support.waiting import until

_CAPACITY = 1_000


@dataclass
class Prepared:
    """An event that is ready for the store."""

    name: str
    size: int = 10
    level_word: str = "info"
    organisation: int = 1
    event_count: int = 1


class Store:
    """Commits when it is told to, and as it is told to."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.failures: list[Exception] = []

    async def commit(self, batch: Sequence[Prepared]) -> list[Receipt]:
        """See `EntryStore`."""
        self.commits.append([event.name for event in batch])
        await self.may_end.wait()
        if self.failures:
            raise self.failures.pop(0)
        return [Receipt(Outcome.STORED, event.name, 1) for event in batch]


class Scene:
    """A committer over a store, and what it did."""

    def __init__(self, deadline_seconds: float) -> None:
        self.store = Store()
        self.budget = ByteBudget(_CAPACITY)
        self.outcomes = Outcomes()
        self.broken: list[TrackingError] = []
        self.committer: Committer[Prepared] = Committer(
            self.store,  # type: ignore[arg-type]  # it only commits
            self.budget,
            self.outcomes,
            Observations(),
            deadline_seconds=deadline_seconds,
            on_broken=self.broken.append,
        )

    def submit(self, *names: str) -> "asyncio.Future[list[Receipt]]":
        """One request with events of these names."""
        return self.committer.submit([Prepared(name) for name in names], Door.REST)

    def counted(self, outcome: Outcome) -> int:
        """How many events ended so."""
        return sum(count for (_, _, word, _), count in self.outcomes.snapshot().items() if word == outcome)


@asynccontextmanager
async def committing(*, deadline_seconds: float = 10.0) -> AsyncIterator[Scene]:
    """A committer that runs."""
    scene = Scene(deadline_seconds)
    scene.committer.start()
    try:
        yield scene
    finally:
        scene.store.may_end.set()
        await scene.committer.close()
    assert scene.broken or scene.budget.used == 0


async def test_what_queues_while_a_commit_runs_is_the_next_commit() -> None:
    async with committing() as scene:
        scene.store.may_end.clear()
        first = scene.submit("a")
        await until(lambda: scene.store.commits == [["a"]])
        rest = [scene.submit("b", "c"), scene.submit("d")]
        scene.store.may_end.set()
        assert [receipt.entry_id for receipt in await first] == ["a"]
        assert [[receipt.entry_id for receipt in await one] for one in rest] == [["b", "c"], ["d"]]
        assert scene.store.commits == [["a"], ["b", "c", "d"]]
        assert scene.counted(Outcome.STORED) == 4


async def test_requests_that_come_one_a_turn_of_the_loop_share_a_commit_if_the_last_one_was_shared() -> None:
    async with committing() as scene:
        await asyncio.gather(*(scene.submit(f"together {number}") for number in range(8)))
        requests = []
        for number in range(8):
            requests.append(scene.submit(f"turn {number}"))
            await asyncio.sleep(0)
        await asyncio.gather(*requests)
        assert [len(commit) for commit in scene.store.commits] == [8, 8]


async def test_a_full_commit_waits_for_nobody() -> None:
    async with committing() as scene:
        await asyncio.gather(*(scene.submit(f"together {number}") for number in range(8)))
        full = scene.submit(*(f"event {number}" for number in range(64)))
        late = []
        while len(scene.store.commits) == 1:
            late.append(scene.submit("late"))
            await asyncio.sleep(0)
        assert await full
        await asyncio.gather(*late)
        assert len(scene.store.commits[1]) < 68


async def test_a_client_that_goes_away_does_not_take_its_events_along() -> None:
    async with committing() as scene:
        gone, there = scene.submit("a"), scene.submit("b")
        gone.cancel()
        assert await there
        assert scene.store.commits == [["a", "b"]]
        assert scene.counted(Outcome.STORED) == 2


async def test_a_failure_that_passes_is_told_to_its_own_commit_alone() -> None:
    async with committing() as scene:
        scene.store.failures = [StoreUnavailable("The disk is full.")]
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await scene.submit("a", "b")
        assert await scene.submit("c")
        assert scene.counted(Outcome.SHED) == 2


async def test_an_unexpected_failure_is_ours_and_the_next_commit_goes_on() -> None:
    async with committing() as scene:
        scene.store.failures = [ZeroDivisionError()]
        with pytest.raises(Internal):
            await scene.submit("a")
        assert await scene.submit("b")


async def test_a_commit_that_takes_too_long_is_answered_in_time_and_counted_as_it_ends() -> None:
    async with committing(deadline_seconds=0.05) as scene:
        scene.store.may_end.clear()
        late = [scene.submit("a"), scene.submit("b")]
        for one in late:
            with pytest.raises(StoreUnavailable):
                await one
        assert scene.outcomes.snapshot() == {}
        scene.store.may_end.set()
        await scene.submit("c")
        assert scene.counted(Outcome.STORED) == 3


async def test_a_broken_store_answers_everybody_at_once_and_nothing_more_is_taken() -> None:
    async with committing() as scene:
        scene.store.may_end.clear()
        scene.store.failures = [StoreBroken()]
        under_way = scene.submit("a")
        await until(lambda: scene.store.commits == [["a"]])
        queued = scene.submit("b")
        scene.store.may_end.set()
        for one in (under_way, queued):
            with pytest.raises(StoreUnavailable):
                await one
        with pytest.raises(Draining):
            await scene.submit("c")
        assert [type(error) for error in scene.broken] == [StoreBroken]
        assert scene.store.commits == [["a"]]


async def test_what_does_not_fit_is_refused_at_once() -> None:
    async with committing() as scene:
        scene.store.may_end.clear()
        held = scene.committer.submit([Prepared("large", _CAPACITY)], Door.GRPC)
        with pytest.raises(Overloaded):
            await scene.submit("small")
        scene.store.may_end.set()
        assert await held


async def test_closing_commits_what_is_queued_and_takes_nothing_new() -> None:
    async with committing() as scene:
        scene.store.may_end.clear()
        queued = [scene.submit("a"), scene.submit("b")]
        closing = asyncio.create_task(scene.committer.close())
        await asyncio.sleep(0)
        with pytest.raises(Draining):
            await scene.submit("c")
        scene.store.may_end.set()
        await closing
        assert all(one.done() and one.exception() is None for one in queued)
