"""An acknowledgement means stored, a passing failure is one of the whole request, and a retry is stored once."""

import asyncio
from pathlib import Path
from time import time_ns
from typing import NamedTuple

import pytest
from google.rpc import error_details_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import InProcessService, in_process
from tests.support.otlp_client import (
    BAD_LEVEL,
    JSON,
    PROTOBUF,
    Refused,
    in_json,
    logs,
    otlp_grpc,
    otlp_http,
    response_of,
    status_of,
)
from tests.support.results import find
from tests.support.stalled_store import stalled
from tests.support.waiting import until

pytestmark = [IN_SESSION, pytest.mark.parametrize("way", ["grpc", PROTOBUF, JSON])]


class Result(NamedTuple):
    """What became of a request: its rejected records, or what it failed with."""

    rejected: int = 0
    failure: str = ""


async def export(service: InProcessService, key: str, way: str, request: ExportLogsServiceRequest) -> Result:
    """Send a request one way; a failure that may pass has to say when to send again."""
    if way == "grpc":
        async with otlp_grpc(service.otlp_grpc_port, key) as over_grpc:
            answer = await over_grpc.export(request)
        if isinstance(answer, bytes):
            return Result(ExportLogsServiceResponse.FromString(answer).partial_success.rejected_log_records)
        return Result(failure=_failure_over_grpc(answer))
    body = in_json(request) if way == JSON else request.SerializeToString()
    async with otlp_http(service.otlp_http_port, key) as over_http:
        posted = await over_http.post(body, way)
    if posted.status == 200:
        return Result(response_of(posted).partial_success.rejected_log_records)
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status_of(posted).details)
    assert posted.fields["content-type"] == way
    if posted.status == 503:
        assert 1 <= int(posted.fields["retry-after"]) <= 5
    return Result(failure=f"{posted.status} {info.reason}")


def _failure_over_grpc(refused: Refused) -> str:
    if refused.code.name == "UNAVAILABLE":
        # Some clients read the one trailer, some the other.
        assert len(refused.delays) == 2
        assert all(1 <= delay <= 5 for delay in refused.delays)
    return f"{refused.code.name} {refused.reason}"


def unavailable(way: str, reason: str) -> Result:
    """A failure that may pass."""
    return Result(failure=f"{'UNAVAILABLE' if way == 'grpc' else '503'} {reason}")


def mixed(time: int = 0) -> ExportLogsServiceRequest:
    """Two good records and a bad one."""
    request = logs("one", time=time)
    request.MergeFrom(logs("bad", attributes=BAD_LEVEL, time=time))
    request.MergeFrom(logs("two", time=time))
    return request


async def test_a_store_that_stalls_fails_the_whole_request_and_the_retry_is_stored_once(
    tmp_path: Path, way: str
) -> None:
    request = mixed(time=time_ns())
    # With events that wait no more than a moment for their commit.
    async with in_process(tmp_path, commit_seconds=0.2) as impatient:
        key = (await impatient.new_client()).key
        with stalled(tmp_path / "tracking.db"):
            assert await export(impatient, key, way, request) == unavailable(way, "STORE_UNAVAILABLE")
        await until(lambda: impatient.core.services.budget.used == 0)
    async with in_process(tmp_path) as patient:
        assert await export(patient, key, way, request) == Result(rejected=1)
        assert sorted(str(entry["message"]) for entry in await _found(patient, key)) == ["one", "two"]


async def test_a_full_queue_sheds_the_whole_request(tmp_path: Path, way: str) -> None:
    async with in_process(tmp_path) as running:
        client = await running.new_client()
        budget = running.core.services.budget
        budget.reserve(budget.capacity)
        assert await export(running, client.key, way, mixed()) == unavailable(way, "OVERLOADED")
        budget.release(budget.capacity)
        assert budget.used == 0
        assert await export(running, client.key, way, mixed()) == Result(rejected=1)


async def test_a_stopping_service_sheds_the_whole_request(tmp_path: Path, way: str) -> None:
    async with in_process(tmp_path) as running:
        client = await running.new_client()
        await running.core._committer.close()
        assert await export(running, client.key, way, mixed()) == unavailable(way, "DRAINING")


async def test_the_same_request_again_is_answered_the_same_and_stored_once(service: InProcessService, way: str) -> None:
    client = await service.new_client()
    for stamp in ("time_unix_nano", "observed_time_unix_nano"):
        request = mixed()
        for scope in (scope for resource in request.resource_logs for scope in resource.scope_logs):
            setattr(scope.log_records[0], stamp, time_ns())
        for _ in range(3):
            assert await export(service, client.key, way, request) == Result(rejected=1)
    assert len(await find(client.rest)) == 4


async def test_equal_requests_count_each_where_a_record_has_no_time(service: InProcessService, way: str) -> None:
    client = await service.new_client()
    heartbeat = logs("timed", time=time_ns())
    heartbeat.MergeFrom(logs("heartbeat"))
    for _ in range(2):
        assert await export(service, client.key, way, heartbeat) == Result()
    assert len(await find(client.rest)) == 4


async def test_another_organisation_may_send_the_same(service: InProcessService, way: str) -> None:
    request = logs("one", time=time_ns())
    for client in (await service.new_client(), await service.new_client()):
        assert await export(service, client.key, way, request) == Result()
        assert len(await find(client.rest)) == 1


async def test_a_retry_behind_a_restart_is_stored_once(tmp_path: Path, way: str) -> None:
    request = mixed(time=time_ns())
    async with in_process(tmp_path) as first:
        client = await first.new_client()
        assert await export(first, client.key, way, request) == Result(rejected=1)
    async with in_process(tmp_path) as second:
        assert await export(second, client.key, way, request) == Result(rejected=1)
        assert (await second.event_counts())[_door(way), "info", "duplicate", ""] == 2


def _door(way: str) -> str:
    return "otlp_grpc" if way == "grpc" else "otlp_http"


async def test_what_is_in_flight_is_answered_as_the_doors_drain(tmp_path: Path, way: str) -> None:
    async with in_process(tmp_path) as running:
        client = await running.new_client()
        with stalled(tmp_path / "tracking.db"):
            sending = asyncio.create_task(export(running, client.key, way, logs("in flight")))
            await until(lambda: running.core.services.budget.used > 0)
            draining = asyncio.create_task(running.doors.drain(10))
            done, _ = await asyncio.wait((sending, draining), timeout=0.1)
            assert not done
        assert await sending == Result()
        await draining
    async with in_process(tmp_path) as again:
        assert [entry["message"] for entry in await _found(again, client.key)] == ["in flight"]


async def _found(service: InProcessService, key: str) -> list[dict[str, object]]:
    answer = await service.http.get("/api/v1/tracking/entries", headers={"Authorization": f"Bearer {key}"})
    found: list[dict[str, object]] = answer.json()["entries"]
    return found


async def test_a_request_larger_than_the_whole_queue_is_taken_while_nothing_waits(tmp_path: Path, way: str) -> None:
    async with in_process(tmp_path, queue_bytes=100_000) as running:
        client = await running.new_client()
        assert await export(running, client.key, way, logs(*["x" * 50_000] * 8)) == Result()
        assert len(await find(client.rest)) == 8
        await until(lambda: running.core.services.budget.used == 0)


async def test_many_records_are_stored_each_once(service: InProcessService, way: str) -> None:
    client = await service.new_client()
    numbers = [f"record {number}" for number in range(1300)]
    assert await export(service, client.key, way, logs(*numbers, time=time_ns())) == Result()
    found = await find(client.rest, page_size=1000)
    assert sorted(entry["message"] for entry in found) == sorted(numbers)


async def test_whatever_finds_no_room_among_the_queued_is_counted_as_shed(tmp_path: Path, way: str) -> None:
    async with in_process(tmp_path, queue_bytes=120_000) as running:
        client = await running.new_client()
        running.core.services.budget.reserve(1)
        request = logs(*["x"] * 150, attributes=BAD_LEVEL)
        request.MergeFrom(logs(*["x"] * 300))
        answer = await export(running, client.key, way, request)
        running.core.services.budget.release(1)
        assert answer.failure.endswith("OVERLOADED")
        counts = {place[0:1] + place[2:]: 0 for place in await running.event_counts()}
        for (door, _, outcome, reason), events in (await running.event_counts()).items():
            counts[door, outcome, reason] += events
        door = "otlp_grpc" if way == "grpc" else "otlp_http"
        assert counts == {(door, "rejected", "invalid_level"): 150, (door, "shed", "overloaded"): 300}
        assert await find(client.rest) == []
