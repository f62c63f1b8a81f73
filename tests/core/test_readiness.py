"""Readiness, and the trouble that a store makes: told in time, told once, and told for as long as it lasts."""

import asyncio
import logging

import pytest

from server.core.budget import ByteBudget
from server.core.errors import Draining, Overloaded, StoreUnavailable
from server.core.readiness import Readiness
from server.core.trouble import StoreTrouble
from tests.support.clocks import Clock


class Store:
    """Answers probes when it is told to."""

    def __init__(self) -> None:
        self.probes = 0
        self.may_answer = asyncio.Event()
        self.failure: StoreUnavailable | None = None

    async def check(self) -> None:
        """See `Store`."""
        self.probes += 1
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure


def _readiness(store: Store, *, trouble: StoreTrouble | None = None, budget: ByteBudget | None = None) -> Readiness:
    return Readiness(store, budget or ByteBudget(100), trouble or StoreTrouble())  # type: ignore[arg-type]  # checks only


async def test_however_many_ask_the_store_is_probed_once() -> None:
    store = Store()
    readiness = _readiness(store)
    asking = [asyncio.create_task(readiness.check()) for _ in range(100)]
    await asyncio.sleep(0)
    store.may_answer.set()
    await asyncio.gather(*asking)
    await readiness.check()
    assert store.probes == 1


async def test_a_store_that_does_not_answer_is_not_waited_for() -> None:
    store = Store()
    readiness = _readiness(store)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await readiness.check()
    assert store.probes == 1
    store.may_answer.set()
    await readiness.check()


async def test_a_store_that_says_why_is_repeated() -> None:
    store = Store()
    store.may_answer.set()
    store.failure = StoreUnavailable("The disk is full.")
    readiness = _readiness(store)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await readiness.check()
    assert store.probes == 2


async def test_draining_is_told_at_once_also_to_whoever_waits() -> None:
    readiness = _readiness(Store())
    waiting = asyncio.create_task(readiness.check())
    await asyncio.sleep(0)
    readiness.drain()
    with pytest.raises(Draining):
        await waiting
    with pytest.raises(Draining):
        await readiness.check()


async def test_a_full_queue_is_not_ready() -> None:
    budget = ByteBudget(100)
    budget.reserve(91)
    with pytest.raises(Overloaded):
        await _readiness(Store(), budget=budget).check()


async def test_a_failed_commit_is_believed_more_than_a_probe() -> None:
    store, clock = Store(), Clock()
    store.may_answer.set()
    trouble = StoreTrouble(clock)
    readiness = _readiness(store, trouble=trouble)
    trouble.failed(StoreUnavailable("The disk is full."))
    with pytest.raises(StoreUnavailable, match="disk is full"):
        await readiness.check()
    clock.seconds += 2
    await readiness.check()


def test_trouble_is_one_line_in_the_log_when_it_begins_and_one_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    trouble = StoreTrouble(clock)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            trouble.failed(StoreUnavailable("The disk is full."))
            trouble.worked()
            clock.seconds += 0.5
        clock.seconds += 1
        trouble.worked()
        trouble.worked()
    assert caplog.messages == [
        "Events cannot be stored and are answered 503: The disk is full.",
        "Events are stored again, after 4 s of trouble.",
    ]
