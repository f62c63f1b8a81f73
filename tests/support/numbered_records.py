"""Log records that are told apart by a number: sent over OTLP, and looked for in the service."""

from collections import Counter
from collections.abc import Iterable
from time import time_ns

import grpc.aio
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber

from tests.support.rest_client import RestClient
from tests.support.waiting import eventually

_REQUEST_RECORDS = 100
_SECONDS = 20.0


async def feed(port: int, numbers: Iterable[int]) -> None:
    """Send a record a number to an OTLP/gRPC receiver that needs no key, and wait until it has taken them."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
        stub = LogsServiceStub(channel)  # type: ignore[no-untyped-call]  # generated without types
        records = [record(number) for number in numbers]
        for begin in range(0, len(records), _REQUEST_RECORDS):
            scope = ScopeLogs(log_records=records[begin : begin + _REQUEST_RECORDS])
            request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[scope])])
            await stub.Export(request, timeout=_SECONDS, wait_for_ready=True)


def record(number: int) -> LogRecord:
    """The record of a number."""
    return LogRecord(
        time_unix_nano=time_ns(),
        severity_number=SeverityNumber.SEVERITY_NUMBER_WARN,
        body=AnyValue(string_value=f"Record {number}"),
        attributes=[KeyValue(key="number", value=AnyValue(int_value=number))],
    )


async def stored_numbers(client: RestClient) -> Counter[int]:
    """How often each number is stored."""
    return Counter(entry["attributes"]["number"] for entry in await client.entries())


async def arrives(client: RestClient, records: int, *, timeout_seconds: float = 30.0) -> Counter[int]:
    """Wait until all numbers below `records` are stored; how often each is."""
    stored: Counter[int] = Counter()

    async def complete() -> bool:
        nonlocal stored
        stored = await stored_numbers(client)
        return len(stored) >= records

    try:
        await eventually(complete, timeout_seconds=timeout_seconds)
    except TimeoutError:
        missing = sorted(set(range(records)) - stored.keys())
        raise AssertionError(f"{len(missing)} of {records} records are missing: {missing[:10]}") from None
    assert stored.keys() == set(range(records))
    return stored
