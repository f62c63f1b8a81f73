"""Raw clients of OTLP: they send exactly the bytes they are told to, and say exactly what came back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToJson, Parse
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from tests.support.raw_http import Answer, RawConnection, connected, request

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
LOGS = "/v1/logs"
EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
RETRY_TRAILER = "google.rpc.retryinfo-bin"
BAD_LEVEL = {"tracking.level": "loud"}
"""Attributes for which a record is refused."""

_SECONDS = 20.0
_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
]


def logs(*bodies: str, attributes: Mapping[str, str] | None = None, time: int = 0) -> ExportLogsServiceRequest:
    """A request with a record of each text. `time`: nanoseconds since 1970, 0 = none."""
    made = ExportLogsServiceRequest()
    records = made.resource_logs.add().scope_logs.add().log_records
    for body in bodies:
        record = records.add(time_unix_nano=time)
        record.body.string_value = body
        for name, value in (attributes or {}).items():
            record.attributes.add(key=name).value.string_value = value
    return made


def logs_json(*bodies: str, attributes: Mapping[str, str] | None = None, time: int = 0) -> bytes:
    """The same in JSON."""
    return in_json(logs(*bodies, attributes=attributes, time=time))


def in_json(made: ExportLogsServiceRequest) -> bytes:
    """A request in JSON; ids, which are hex there, are not looked after."""
    return MessageToJson(made, indent=None).encode()


class Refused(NamedTuple):
    """A call over gRPC that failed: its code, the core's own one, the delays of both trailers in seconds."""

    code: grpc.StatusCode
    reason: str = ""
    delays: Sequence[float] = ()
    message: str = ""


class OtlpGrpc:
    """OTLP over gRPC with one key."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.channel = channel
        self.metadata = (("authorization", f"Bearer {key}"),)

    async def export(self, data: bytes | ExportLogsServiceRequest, **options: Any) -> bytes | Refused:
        """Send a request; the answer's bytes, or what the call ended in."""
        return await self.call(EXPORT, data, **options)

    async def call(self, method: str, data: bytes | ExportLogsServiceRequest, **options: Any) -> bytes | Refused:
        """The same for any method."""
        body = data if isinstance(data, bytes) else data.SerializeToString()
        unary: Any = self.channel.unary_unary(method)
        try:
            answer: bytes = await unary(body, **{"metadata": self.metadata, "timeout": _SECONDS, **options})
        except grpc.aio.AioRpcError as error:
            return refused(error)
        return answer


def refused(error: grpc.aio.AioRpcError) -> Refused:
    """A status, and what its trailers say."""
    call: Any = error
    status = rpc_status.from_call(call)
    trailers: Any = error.trailing_metadata()
    details = list(status.details) if status is not None else []
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    reason = next((info.reason for detail in details if detail.Unpack(info)), "")
    delays = [_seconds(retry) for detail in details if detail.Unpack(retry)]
    for name, value in trailers:
        if name == RETRY_TRAILER:
            delays.append(_seconds(error_details_pb2.RetryInfo.FromString(value)))
    return Refused(error.code(), reason, delays, error.details() or "")


def _seconds(retry: error_details_pb2.RetryInfo) -> float:
    return retry.retry_delay.ToNanoseconds() / 1e9


@asynccontextmanager
async def otlp_grpc(port: int, key: str) -> AsyncIterator[OtlpGrpc]:
    """A client on a connection of its own."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", _OPTIONS) as channel:
        yield OtlpGrpc(channel, key)


class OtlpHttp:
    """OTLP over HTTP with one key, on one connection."""

    def __init__(self, connection: RawConnection, key: str) -> None:
        self.connection = connection
        self.fields = {"Authorization": f"Bearer {key}"}

    async def post(self, body: bytes, media_type: str | None = PROTOBUF, *, path: str = LOGS, **fields: str) -> Answer:
        """Send a body; underscores in the names of fields are dashes."""
        return await self.ask("POST", path, body, media_type, **fields)

    async def ask(
        self, method: str, path: str, body: bytes | None = None, media_type: str | None = PROTOBUF, **fields: str
    ) -> Answer:
        """The same with any method."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        typed = {} if media_type is None else {"Content-Type": media_type}
        return await self.connection.ask(request(method, path, {**self.fields, **typed, **named}, body))


@asynccontextmanager
async def otlp_http(port: int, key: str) -> AsyncIterator[OtlpHttp]:
    """A client on a connection of its own."""
    async with connected(port, timeout_seconds=_SECONDS) as connection:
        yield OtlpHttp(connection, key)


def response_of(answer: Answer) -> ExportLogsServiceResponse:
    """A success, which has the request's encoding."""
    assert answer.status == 200, answer
    response = ExportLogsServiceResponse()
    if answer.fields["content-type"] == PROTOBUF:
        response.ParseFromString(answer.body)
    else:
        assert answer.fields["content-type"] == JSON
        Parse(answer.body, response)
    return response


def status_of(answer: Answer) -> status_pb2.Status:
    """An error, in the encoding that its head names."""
    assert answer.status >= 400, answer
    assert len(answer.body) < 4096
    status = status_pb2.Status()
    if answer.fields["content-type"] == PROTOBUF:
        status.ParseFromString(answer.body)
    else:
        assert answer.fields["content-type"] == JSON
        Parse(answer.body, status)
    assert status.code
    assert status.message
    return status
