"""For whoever operates the service: liveness, readiness, metrics."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import InProcessService, in_process
from tests.support.rest_door import failure_of
from tests.support.results import Failure, keep

pytestmark = IN_SESSION


@pytest_asyncio.fixture(loop_scope="session")
async def own_service(tmp_path: Path) -> AsyncIterator[InProcessService]:
    """A service of one test."""
    async with in_process(tmp_path) as running:
        yield running


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_running_service_is_alive_and_ready(service: InProcessService, path: str) -> None:
    answer = await service.http.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_draining_service_is_alive_but_not_ready(own_service: InProcessService) -> None:
    own_service.core.readiness.drain()
    answer = await own_service.http.get("/readyz")
    assert answer.status_code == 503
    assert failure_of(answer) == Failure("DRAINING", retry=True)
    assert (await own_service.http.get("/livez")).status_code == 200


async def test_metrics_tell_of_events_requests_commits_and_the_queue(own_service: InProcessService) -> None:
    client = await own_service.new_client()
    await keep(client.rest, {"message": "x", "level": "error"})
    await keep(client.grpc, {"message": "x"})
    await client.rest.log({})
    await client.rest.entries()
    answer = await own_service.http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    values = {sample.name: sample.value for sample in samples if not sample.labels}
    assert values.keys() >= {"tracking_queue_capacity_bytes", "process_resident_memory_bytes", "process_open_fds"}
    assert values["tracking_commit_seconds_count"] == values["tracking_commit_events_count"] == 2
    assert values["tracking_commit_events_sum"] == 2
    assert values["tracking_queue_bytes"] == 0
    requests = {
        (sample.labels["door"], sample.labels["method"], sample.labels["code"]): sample.value
        for sample in samples
        if sample.name == "tracking_request_seconds_count"
    }
    assert requests == {
        ("rest", "/api/v1/tracking/log", "200"): 1,
        ("rest", "/api/v1/tracking/log", "422"): 1,
        ("rest", "/api/v1/tracking/entries", "200"): 1,
        ("grpc", "Log", "OK"): 1,
    }


async def test_metrics_have_no_label_that_a_client_chooses(own_service: InProcessService) -> None:
    client = await own_service.new_client()
    for path in ("/entries/secret-1", "/secret-2", "/entries?service=secret-3", "/keys/secret-4"):
        await client.rest.request("GET", path)
    await client.rest.log({"message": "secret-5", "service": "secret-6", "level": "secret-7"})
    assert "secret" not in (await own_service.http.get("/metrics")).text
