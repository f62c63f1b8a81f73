"""What becomes of a request whose client goes away: it is counted, whatever was known of it by then."""

import asyncio
from pathlib import Path

from otel_bridge.encodings import PROTOBUF
from otel_bridge.receiver import Receiver
from server.core.budget import Lease
from server.core.model import Door
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import in_process
from tests.support.otlp_client import logs
from tests.support.waiting import until

pytestmark = IN_SESSION

LARGE = logs(*["x" * 1_000] * 1_500).SerializeToString()


async def test_a_large_request_that_waits_for_its_turn_is_counted_as_shed(tmp_path: Path) -> None:
    async with in_process(tmp_path) as running:
        services = running.core.services
        key = await services.admission.authenticate((await running.new_client()).key)
        receiver = Receiver(services)

        async def read(lease: Lease) -> bytes:
            lease.grow(len(LARGE))
            return LARGE

        await receiver._turn.acquire()
        waiting = asyncio.create_task(receiver.export(key, Door.OTLP_HTTP, PROTOBUF, read))
        await until(lambda: services.budget.used > len(LARGE))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await running.event_counts() == {("otlp_http", "", "shed", "cancelled"): 1}
        assert services.budget.used == 0
