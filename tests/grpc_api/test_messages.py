"""Whatever a message holds, it is answered in clear words, and the next call is answered as if nothing had been."""

import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import msgspec
import pytest
import pytest_asyncio
from grpc_status import rpc_status
from tracking.v1 import tracking_service_pb2
from tracking.v1.log_event_pb2 import LogEvent

from tests.support.fixtures import IN_SESSION
from tests.support.grpc_door import failure_of
from tests.support.in_process import Client
from tests.support.results import Failure, find, keep, read
from tests.support.wire import delimited, nested_list, nested_struct, number

pytestmark = IN_SESSION

LOG, LOG_BATCH = "/tracking.v1.TrackingService/Log", "/tracking.v1.TrackingService/LogBatch"
LIST_ENTRIES, GET_ENTRY = "/tracking.v1.QueryService/ListEntries", "/tracking.v1.QueryService/GetEntry"
METHODS = [LOG, LOG_BATCH, LIST_ENTRIES, GET_ENTRY]
MEBIBYTE = 1024 * 1024
# The numbers of the contract's fields.
EVENT, MESSAGE, ATTRIBUTES = 1, 1, 14


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def the_next_call_succeeds(client: Client) -> AsyncIterator[None]:
    """After every test here: a good event is kept within a second."""
    yield
    begin = time.monotonic()
    await keep(client.grpc, {"message": "the next one"})
    assert time.monotonic() - begin < 1


async def refused(client: Client, method: str, data: bytes, **options: Any) -> grpc.aio.AioRpcError:
    """The error that a call ends in."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.grpc.call(method, data, **options)
    return caught.value


UNDECODABLE: dict[str, bytes] = {
    "noise": b"\xff\xff\xff\xff",
    "cut off": delimited(EVENT, delimited(MESSAGE, b"hello"))[:-1],
    "length beyond the end": b"\x0a\xff\xff\xff\xff\x0f",
    "end of a group": b"\x0c",
    "field number 0": b"\x00\x00",
    "endless number": b"\x08" + b"\xff" * 20,
}


@pytest.mark.parametrize("data", UNDECODABLE.values(), ids=UNDECODABLE.keys())
@pytest.mark.parametrize("method", METHODS)
async def test_what_is_no_message_is_invalid_argument(client: Client, method: str, data: bytes) -> None:
    error = await refused(client, method, data)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure_of(error) == Failure("INVALID_BODY")


@pytest.mark.parametrize("method", [LOG, LOG_BATCH])
@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"], ids=["no UTF-8", "surrogate", "overlong"])
async def test_text_that_is_not_utf_8_is_no_message(client: Client, method: str, text: bytes) -> None:
    error = await refused(client, method, delimited(EVENT, delimited(MESSAGE, text)))
    assert failure_of(error) == Failure("INVALID_BODY")


@pytest.mark.parametrize("struct", [nested_struct, nested_list])
@pytest.mark.parametrize("levels", [100, 10_000])
@pytest.mark.parametrize("method", [LOG, LOG_BATCH])
async def test_what_is_nested_too_deeply_is_no_message(client: Client, method: str, levels: int, struct: Any) -> None:
    event = delimited(MESSAGE, b"hello") + delimited(ATTRIBUTES, struct(levels))
    error = await refused(client, method, delimited(EVENT, event))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure_of(error) == Failure("INVALID_BODY")


# Of 47 lists in `attributes`, 39 are kept and the other eight are their text.
CARRIED = [
    (nested_struct(31), '{"a":' * 31 + "{}" + "}" * 31),
    (nested_list(47), '{"a":' + "[" * 39 + '"[[[[[[[[]]]]]]]]"' + "]" * 39 + "}"),
]


@pytest.mark.parametrize(("struct", "kept"), CARRIED, ids=["31 objects", "47 lists"])
async def test_what_protobuf_can_carry_is_kept(client: Client, struct: bytes, kept: str) -> None:
    event = delimited(MESSAGE, b"hello") + delimited(ATTRIBUTES, struct)
    answer = tracking_service_pb2.LogResponse.FromString(await client.grpc.call(LOG, delimited(EVENT, event)))
    for door in client.doors.values():
        assert (await read(door, answer.entry_id))["attributes"] == msgspec.json.decode(kept)


@pytest.mark.parametrize("method", METHODS)
async def test_a_message_too_large_is_resource_exhausted_for_good(client: Client, method: str) -> None:
    error = await refused(client, method, delimited(15, b"x" * 5 * MEBIBYTE))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    call: Any = error
    assert rpc_status.from_call(call) is None


async def test_limits_hold_after_inflation(client: Client) -> None:
    bomb = delimited(EVENT, delimited(MESSAGE, b" " * 20 * MEBIBYTE))
    error = await refused(client, LOG, bomb, compression=grpc.Compression.Gzip)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
async def test_a_compressed_message_is_read(client: Client, compression: grpc.Compression) -> None:
    events = [LogEvent(message="packed") for _ in range(1000)]
    request = tracking_service_pb2.LogBatchRequest(events=events).SerializeToString()
    answer = await client.grpc.call(LOG_BATCH, request, compression=compression)
    assert tracking_service_pb2.LogBatchResponse.FromString(answer).success


async def test_a_message_of_5_mib_is_read_to_its_last_byte(client: Client) -> None:
    def request(last: int) -> bytes:
        event = delimited(EVENT, delimited(MESSAGE, b"x" * MEBIBYTE))
        return event * 4 + delimited(EVENT, delimited(MESSAGE, b"x" * last))

    fits = 5 * MEBIBYTE - len(request(MEBIBYTE)) + MEBIBYTE
    assert len(request(fits)) == 5 * MEBIBYTE
    answer = tracking_service_pb2.LogBatchResponse.FromString(await client.grpc.call(LOG_BATCH, request(fits)))
    assert answer.success
    error = await refused(client, LOG_BATCH, request(fits + 1))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("method", METHODS)
async def test_an_empty_message_is_a_message(client: Client, method: str) -> None:
    expected = {LOG: Failure("INVALID_MESSAGE", "message"), GET_ENTRY: Failure("NOT_FOUND", "id")}
    if method in expected:
        assert failure_of(await refused(client, method, b"")) == expected[method]
    else:
        await client.grpc.call(method, b"")


async def test_fields_of_a_later_contract_are_passed_over(client: Client) -> None:
    event = delimited(MESSAGE, b"hello") + delimited(500, b"\xff") + number(501, 7)
    await client.grpc.call(LOG, delimited(EVENT, event) + delimited(502, b"later"))
    (entry,) = await find(client.rest)
    assert entry["message"] == "hello"
