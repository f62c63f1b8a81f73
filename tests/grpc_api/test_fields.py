"""Fields and filters that cannot be are refused by the names that the contract gives them."""

from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import struct_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tracking.v1 import query_service_pb2, tracking_service_pb2
from tracking.v1.debounce_pb2 import Debounce
from tracking.v1.entry_filter_pb2 import EntryFilter
from tracking.v1.log_event_pb2 import LogEvent

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_door import failure_of
from tests.support.in_process import Client
from tests.support.results import read
from tests.support.wire import delimited, number

pytestmark = IN_SESSION

LOG, LOG_BATCH = "/tracking.v1.TrackingService/Log", "/tracking.v1.TrackingService/LogBatch"
LIST_ENTRIES = "/tracking.v1.QueryService/ListEntries"
# The numbers of the contract's fields.
EVENT, MESSAGE, LEVEL = 1, 1, 2


async def refused(client: Client, method: str, data: bytes) -> grpc.aio.AioRpcError:
    """The error that a call ends in."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.grpc.call(method, data)
    return caught.value


def log_request(**fields: Any) -> bytes:
    """A request to log an event."""
    return tracking_service_pb2.LogRequest(event=LogEvent(message="hello", **fields)).SerializeToString()


WRONG: dict[str, tuple[bytes, str, str]] = {
    "time with a second of nanoseconds": (
        log_request(event_time=Timestamp(seconds=1, nanos=10**9)),
        "INVALID_EVENT_TIME",
        "event_time",
    ),
    "time with negative nanoseconds": (log_request(event_time=Timestamp(nanos=-1)), "INVALID_EVENT_TIME", "event_time"),
    "time too late": (log_request(event_time=Timestamp(seconds=2**34)), "INVALID_EVENT_TIME", "event_time"),
    "time too early": (log_request(event_time=Timestamp(seconds=-(2**34))), "INVALID_EVENT_TIME", "event_time"),
    "time beyond all use": (log_request(event_time=Timestamp(seconds=2**63 - 1)), "INVALID_EVENT_TIME", "event_time"),
    "window of nothing": (
        log_request(debounce=Debounce(max_interval=Duration())),
        "INVALID_DEBOUNCE_INTERVAL",
        "debounce.max_interval",
    ),
    "window too short": (
        log_request(debounce=Debounce(max_interval=Duration(nanos=999_000_000))),
        "INVALID_DEBOUNCE_INTERVAL",
        "debounce.max_interval",
    ),
    "window too long": (
        log_request(debounce=Debounce(max_interval=Duration(seconds=86_401))),
        "INVALID_DEBOUNCE_INTERVAL",
        "debounce.max_interval",
    ),
    "negative window": (
        log_request(debounce=Debounce(max_interval=Duration(seconds=-5))),
        "INVALID_DEBOUNCE_INTERVAL",
        "debounce.max_interval",
    ),
    "window beyond all use": (
        log_request(debounce=Debounce(max_interval=Duration(seconds=2**63 - 1))),
        "INVALID_DEBOUNCE_INTERVAL",
        "debounce.max_interval",
    ),
    "debounce key": (log_request(debounce=Debounce(key="k" * 201)), "INVALID_DEBOUNCE_KEY", "debounce.key"),
    "event id": (log_request(event_id="i" * 201), "INVALID_EVENT_ID", "event_id"),
    "unknown level": (
        delimited(EVENT, delimited(MESSAGE, b"hello") + number(LEVEL, 6)),
        "INVALID_LEVEL",
        "level",
    ),
    "negative level": (
        delimited(EVENT, delimited(MESSAGE, b"hello") + number(LEVEL, 2**64 - 1)),
        "INVALID_LEVEL",
        "level",
    ),
}


@pytest.mark.parametrize(("data", "code", "field"), WRONG.values(), ids=WRONG.keys())
async def test_a_field_is_named_as_the_contract_names_it(client: Client, data: bytes, code: str, field: str) -> None:
    error = await refused(client, LOG, data)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure_of(error).code == code
    assert field_of(error) == field
    batch = tracking_service_pb2.LogBatchResponse.FromString(await client.grpc.call(LOG_BATCH, data))
    assert (batch.results[0].error.code, batch.results[0].error.field) == (code, field)


FILTERS: dict[str, tuple[EntryFilter, str, str]] = {
    "no level": (EntryFilter(level=["LEVEL_UNSPECIFIED"]), "INVALID_LEVEL", "level"),
    "impossible time": (EntryFilter(from_time=Timestamp(nanos=-1)), "INVALID_TIME_RANGE", "from_time"),
    "time too late": (EntryFilter(to_time=Timestamp(seconds=2**40)), "INVALID_TIME_RANGE", "to_time"),
    "trace": (EntryFilter(trace_id=["x"]), "INVALID_FILTER", "trace_id"),
    "group": (EntryFilter(group_id=[""]), "INVALID_FILTER", "group_id"),
    "debounce key": (EntryFilter(debounce_key=[""]), "INVALID_FILTER", "debounce_key"),
    "no word": (EntryFilter(q=[""]), "INVALID_FILTER", "q"),
    "query": (EntryFilter(query="level:eror"), "INVALID_FILTER", "query"),
}


@pytest.mark.parametrize(("chosen", "code", "field"), FILTERS.values(), ids=FILTERS.keys())
async def test_a_filter_is_named_as_the_contract_names_it(
    client: Client, chosen: EntryFilter, code: str, field: str
) -> None:
    request = query_service_pb2.ListEntriesRequest(filter=chosen)
    error = await refused(client, LIST_ENTRIES, request.SerializeToString())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure_of(error).code == code
    assert field_of(error) == field


async def test_values_that_json_does_not_have_are_kept_as_their_names(client: Client) -> None:
    values = {name: struct_pb2.Value(number_value=float(name)) for name in ("nan", "inf", "-inf", "-0.0", "1e16")}
    attributes = struct_pb2.Struct(fields={**values, "nothing": struct_pb2.Value()})
    answer = await client.grpc.call(LOG, log_request(attributes=attributes))
    entry_id = tracking_service_pb2.LogResponse.FromString(answer).entry_id
    for door in client.doors.values():
        assert (await read(door, entry_id))["attributes"] == {
            "nan": "NaN",
            "inf": "Infinity",
            "-inf": "-Infinity",
            "-0.0": 0,
            "1e16": 1e16,
            "nothing": None,
        }


def field_of(error: grpc.aio.AioRpcError) -> str:
    """The field that a status names."""
    call: Any = error
    status = rpc_status.from_call(call)
    assert status is not None
    bad_request = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad_request) for detail in status.details)
    (violation,) = bad_request.field_violations
    return str(violation.field)
