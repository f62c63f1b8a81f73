"""Promises 1 and 3: kill -9 at any instant takes nothing that was acknowledged, and doubles nothing."""

from random import Random

import pytest

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.fixtures import IN_SESSION
from tests.support.service import Service

pytestmark = IN_SESSION


@pytest.mark.parametrize("kills", [4, pytest.param(25, marks=pytest.mark.faults)])
async def test_every_acknowledged_event_survives_kill_9_and_none_is_stored_twice(service: Service, kills: int) -> None:
    ledger = Ledger(Oracle(seed=25))
    random = Random(25)
    async with load(service, ledger) as producers:
        for _ in range(kills):
            await producers.acknowledges(random.randrange(1, 1_000))
            await service.kill()
            await service.start()
        await producers.acknowledges(100)
    await settle(service, ledger)
    await audit(service, ledger)
    assert ledger.cut_off, "No kill met a request."
