"""Two processes with the same request: what they tell their clients adds up to what is stored."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest

from server.core.errors import StoreUnavailable
from server.core.model import Outcome, Receipt, Submission
from server.storage.mongo.store import MongoStore
from tests.storage.mongo.opening import mongo_store
from tests.support.dying_driver import Died, DyingClient, Fate, Moment, Pause
from tests.support.mongo_databases import Databases
from tests.support.requests import request
from tests.support.stores import HOUR, Clock, commit, read_all, submission

_MOST_OPERATIONS = 40
_CLAIM_OF_THE_REQUEST = 0


def arrival(name: str) -> list[Submission]:
    """A request with a bit of everything."""
    return request(
        *(submission(name) for _ in range(3)),
        submission(name, event_id=name),
        *(submission(name, key=name, interval=HOUR) for _ in range(3)),
        submission(name, key=name, interval=HOUR, event_id=f"{name}, debounced"),
        submission(name, key="open", interval=HOUR),
        name=name,
    )


ENTRIES, EVENTS = 3 + 1 + 1, 3 + 1 + 4
"""What has the request's name as its message: its last event is added to an entry of another."""


def outcomes(*answers: list[Receipt]) -> Counter[Outcome]:
    return Counter(receipt.outcome for receipts in answers for receipt in receipts)


async def require_exact(store: MongoStore, name: str, *, requests: int) -> None:
    entries = await read_all(store)
    own = [entry for entry in entries if entry.message == name]
    (opened,) = [entry for entry in entries if entry.message == "open"]
    assert (len(own), sum(entry.event_count for entry in own)) == (ENTRIES, EVENTS), name
    assert opened.event_count == 1 + requests, name


async def die_behind_the_claim(url: str, clock: Clock, name: str) -> None:
    fate = Fate(Died)
    with suppress(Died):
        async with mongo_store(url, clock, connect=DyingClient(fate).connect) as store:
            fate.countdown, fate.moment = _CLAIM_OF_THE_REQUEST, "after"
            await commit(store, *arrival(name))
    assert fate.struck


def _names() -> Iterator[tuple[int, str]]:
    for place in range(_MOST_OPERATIONS):
        yield place, f"held up at {place}"
    pytest.fail("A commit takes more operations than it may.")


@pytest.mark.parametrize("claimant", ["paused", "dead"])
@pytest.mark.parametrize(("moment", "loses_reply"), [("before", False), ("before", True), ("after", True)])
async def test_one_is_held_up_anywhere_while_the_other_answers(
    mongodb: Databases, moment: Moment, loses_reply: bool, claimant: str
) -> None:
    clock, url = Clock(), mongodb.empty("at_once")
    async with mongo_store(url, clock) as other:
        await other.create_organisation("one")
        await commit(other, submission("open", key="open", interval=24 * HOUR))
        for place, name in _names():
            if claimant == "dead":
                await die_behind_the_claim(url, clock, name)
            answers: list[list[Receipt]] = []

            async def answer(store: MongoStore, name: str, answers: list[list[Receipt]]) -> None:
                answers.append(await commit(store, *arrival(name)))

            pause = Pause(partial(answer, other, name, answers), loses_reply=loses_reply)
            async with mongo_store(url, clock, connect=DyingClient(pause).connect) as store:
                pause.countdown, pause.moment = place, moment
                # A reply that is lost may make a commit fail: then nothing was acknowledged.
                with suppress(StoreUnavailable):
                    await answer(store, name, answers)
                pause.countdown = None
            await require_exact(other, name, requests=place + 1)
            if not pause.struck:
                assert place > 4
                return
            if len(answers) == 2:
                assert outcomes(*answers) == {
                    Outcome.STORED: ENTRIES,
                    Outcome.DEBOUNCED: EVENTS - ENTRIES + 1,
                    Outcome.DUPLICATE: EVENTS + 1,
                }, name
            assert outcomes(await commit(other, *arrival(name))) == {Outcome.DUPLICATE: EVENTS + 1}
