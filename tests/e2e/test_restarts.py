"""Promise 3 and 6: a graceful restart forgets neither windows nor event ids."""

from typing import Any

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import rest_client
from tests.support.service import Service

pytestmark = IN_SESSION


@pytest.mark.parametrize("restarts", [2, pytest.param(20, marks=pytest.mark.faults)])
async def test_windows_and_event_ids_outlive_restarts(service: Service, restarts: int) -> None:
    debounce = {"key": "lasting", "maxInterval": "1h"}
    first = {"message": "first", "eventId": "first", "useDebounce": debounce}
    plain = {"message": "plain", "eventId": "plain"}
    opener, opener_id = await _log(service, first)
    once, plain_id = await _log(service, plain)
    assert (opener, once) == ("stored", "stored")
    for number in range(restarts):
        await service.restart()
        assert await _log(service, {**first, "eventId": f"repeat-{number}"}) == ("debounced", opener_id)
        assert await _log(service, first) == ("duplicate", opener_id)
        assert await _log(service, plain) == ("duplicate", plain_id)
    async with rest_client(service) as client:
        counts = {entry["id"]: entry["eventCount"] for entry in await client.entries()}
    assert counts == {opener_id: 1 + restarts, plain_id: 1}


async def _log(service: Service, event: dict[str, Any]) -> tuple[str, str]:
    async with rest_client(service) as client:
        answer = await client.post("/log", event)
    assert answer.status == 200, answer.body
    return answer.fields["tracking-outcome"], answer.fields["tracking-entry-id"]
