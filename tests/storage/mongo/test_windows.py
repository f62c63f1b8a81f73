"""A window begins when the one before it has ended, whoever reads which clock, and whoever dies on the way."""

from itertools import pairwise

import pytest

from server.core.model import Outcome
from tests.storage.mongo.opening import mongo_store
from tests.support.dying_driver import Died, DyingClient, Fate, Moment
from tests.support.mongo_databases import Databases
from tests.support.stores import SECOND, START, Clock, commit, read_all, submission

_INTERVAL = 10 * SECOND
_MOST_OPERATIONS = 20


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("windows", [1, 2, 3])
async def test_a_process_whose_clock_is_behind_never_opens_a_window_within_another(
    mongodb: Databases, windows: int, moment: Moment
) -> None:
    for place in range(_MOST_OPERATIONS):
        url = mongodb.empty("windows")
        clock, clock_behind = Clock(), Clock()
        fate = Fate()
        async with mongo_store(url, clock) as first:
            await first.create_organisation("one")
            for _ in range(windows):
                (receipt,) = await commit(first, submission(key="k", interval=_INTERVAL))
                assert receipt.outcome == Outcome.STORED
                clock.now += _INTERVAL
        # It finds the window over, and dies somewhere between that and the next one.
        try:
            async with mongo_store(url, clock, connect=DyingClient(fate).connect) as dying:
                fate.countdown, fate.moment = place, moment
                await commit(dying, submission(key="k", interval=_INTERVAL))
                fate.countdown = None
        except Died:
            pass
        clock_behind.now = clock.now - 1
        async with mongo_store(url, clock_behind) as behind, mongo_store(url, clock) as ahead:
            (receipt,) = await commit(behind, submission(key="k", interval=_INTERVAL))
            assert receipt.outcome == Outcome.DEBOUNCED, place
            await commit(ahead, submission(key="k", interval=_INTERVAL))
            entries = await read_all(ahead)
            ends = sorted(entry.window_end_time or START for entry in entries)
            assert len(ends) == windows + 1
            assert all(later - earlier >= _INTERVAL for earlier, later in pairwise(ends))
        if not fate.struck:
            return
    pytest.fail("A commit takes more operations than it may.")
