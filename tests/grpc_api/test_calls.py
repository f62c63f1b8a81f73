"""Keys, statuses, and what is there to be called."""

from typing import Any

import grpc
import grpc.aio
import pytest
from tracking.v1 import tracking_service_pb2
from tracking.v1.log_event_pb2 import LogEvent

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_door import GrpcDoor, failure_of
from tests.support.in_process import Client, InProcessService
from tests.support.results import Failure

pytestmark = IN_SESSION

METHODS = {
    f"/tracking.v1.{service}/{method}": scope
    for service, method, scope in (
        ("TrackingService", "Log", "ingest"),
        ("TrackingService", "LogBatch", "ingest"),
        ("TrackingService", "LogStream", "ingest"),
        ("QueryService", "ListEntries", "read"),
        ("QueryService", "GetEntry", "read"),
    )
}
LOG = "/tracking.v1.TrackingService/Log"
HELLO = tracking_service_pb2.LogRequest(event=LogEvent(message="hello")).SerializeToString()


async def call(service: InProcessService, method: str, data: bytes, *metadata: tuple[str, str | bytes]) -> bytes:
    """A call in bytes."""
    unary: Any = service.channel.unary_unary(method)
    answer: bytes = await unary(data, metadata=metadata, timeout=10)
    return answer


async def refused(
    service: InProcessService, method: str, data: bytes, *metadata: tuple[str, str | bytes]
) -> grpc.aio.AioRpcError:
    """The error that a call ends in."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(service, method, data, *metadata)
    return caught.value


KEYLESS: dict[str, list[tuple[str, str | bytes]]] = {
    "none": [],
    "empty": [("authorization", "")],
    "scheme alone": [("authorization", "Bearer")],
    "blank key": [("authorization", "Bearer ")],
    "another scheme": [("authorization", "Basic dTpw")],
    "no scheme": [("authorization", "trk_0")],
    "unknown": [("authorization", "Bearer trk_0")],
    "binary": [("authorization-bin", b"Bearer trk_0")],
    "a header of another name": [("api-key", "trk_0")],
}


@pytest.mark.parametrize("metadata", KEYLESS.values(), ids=KEYLESS.keys())
@pytest.mark.parametrize("method", METHODS)
async def test_without_a_key_nothing_is_read(
    service: InProcessService, method: str, metadata: list[tuple[str, str | bytes]]
) -> None:
    error = await refused(service, method, b"\xff no message at all", *metadata)
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert failure_of(error) == Failure("INVALID_API_KEY")


@pytest.mark.parametrize("method", METHODS)
async def test_without_the_scope_nothing_is_read(client: Client, method: str) -> None:
    other = await client.with_key("read" if METHODS[method] == "ingest" else "ingest")
    error = await refused(client.service, method, b"\xff", ("authorization", f"Bearer {other.key}"))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert failure_of(error) == Failure("INSUFFICIENT_SCOPE", "authorization")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR "])
async def test_the_scheme_is_read_in_any_case(client: Client, scheme: str) -> None:
    await call(client.service, LOG, HELLO, ("authorization", f"{scheme} {client.key}"))


async def test_a_refusal_has_the_status_of_its_code(client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=1)
    await limited.grpc.log({"message": "x"})
    browser = await client.with_key(kind="browser", origins=("https://shop.example",))

    async def status(door: GrpcDoor, method: str, data: bytes) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await door.call(method, data)
        return f"{caught.value.code().name} {failure_of(caught.value).code}"

    many = tracking_service_pb2.LogBatchRequest(events=[LogEvent(message="x")] * 10_001).SerializeToString()
    large = tracking_service_pb2.LogRequest(event=LogEvent(message="x" * 1_048_577)).SerializeToString()
    get, batch = "/tracking.v1.QueryService/GetEntry", "/tracking.v1.TrackingService/LogBatch"
    assert await status(client.grpc, LOG, b"") == "INVALID_ARGUMENT INVALID_MESSAGE"
    assert await status(client.grpc, LOG, large) == "RESOURCE_EXHAUSTED EVENT_TOO_LARGE"
    assert await status(client.grpc, batch, many) == "RESOURCE_EXHAUSTED TOO_MANY_EVENTS"
    assert await status(client.grpc, get, b"") == "NOT_FOUND NOT_FOUND"
    assert await status(limited.grpc, LOG, HELLO) == "RESOURCE_EXHAUSTED RATE_LIMITED"
    assert await status(browser.grpc, LOG, HELLO) == "PERMISSION_DENIED ORIGIN_NOT_ALLOWED"


@pytest.mark.parametrize("method", ["/tracking.v1.TrackingService/Nothing", "/tracking.v1.Nothing/Log", "/x/y"])
async def test_what_is_not_declared_is_unimplemented(service: InProcessService, method: str) -> None:
    assert (await refused(service, method, b"")).code() is grpc.StatusCode.UNIMPLEMENTED
