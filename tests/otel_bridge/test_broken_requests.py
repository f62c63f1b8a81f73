"""A request that is found to be none at its end leaves nothing behind."""

import msgspec

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.otlp_client import JSON, otlp_http, status_of
from tests.support.results import find

pytestmark = IN_SESSION


async def test_json_that_is_wrong_in_its_last_record_stores_nothing(service: InProcessService, client: Client) -> None:
    records = [{"body": {"stringValue": "good"}} for _ in range(1200)]
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [*records, {"timeUnixNano": "yesterday"}]}]}]}
    async with otlp_http(service.otlp_http_port, client.key) as otlp:
        answer = await otlp.post(msgspec.json.encode(body), JSON)
    assert answer.status == 400
    assert "resourceLogs[0].scopeLogs[0].logRecords[1200].timeUnixNano" in status_of(answer).message
    assert await find(client.rest) == []
    assert service.core.services.budget.used == 0
