"""What a failed call means to the person who typed the command: code, description, and what to do."""

from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from server.core.errors import Refused

_ADVICE = {
    "INVALID_API_KEY": "'tracking key create --organisation default --scope ingest --scope read' makes a key.",
    "INSUFFICIENT_SCOPE": "'tracking key create --organisation NAME --scope SCOPE' makes a key that may.",
    "ORIGIN_NOT_ALLOWED": "Use a server key here: 'tracking key create --organisation NAME' makes one.",
}
_LONGEST_REASON = 200


def refusal_of(error: grpc.RpcError, address: str) -> Refused:
    """The one line, and the exit code: 2 for what was typed, else 1."""
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    status = _status_of(error)
    if status is None or not _unpack(status, info):
        return Refused(_without_details(error, address))
    line = f"{info.reason}: {status.message}"
    if advice := _ADVICE.get(info.reason):
        line += f" {advice}"
    if _unpack(status, retry):
        line += f" (Try again in {max(1, retry.retry_delay.ToSeconds())} s.)"
    return Refused(line, exit_code=2 if error.code() is grpc.StatusCode.INVALID_ARGUMENT else 1)


def _without_details(error: grpc.RpcError, address: str) -> str:
    """For an answer that is not one of our server's, or none at all."""
    code, reason = error.code(), (error.details() or "").rpartition("last error: ")[2][:_LONGEST_REASON]
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"the server at {address} did not answer in time"
    if code is not grpc.StatusCode.UNAVAILABLE:
        return f"{code.name}: {reason} (from {address})"
    if "handshake" in reason:
        return f"no TLS with {address}: name its certificate with --ca-file, or leave --tls out ({reason})"
    if "closed" in reason:
        return f"the server at {address} closed the connection: does it need --tls? ({reason})"
    return (
        f"no server can be reached at {address}: start one with 'tracking serve',"
        f" or name another with --address or TRACKING_ADDRESS ({reason})"
    )


def _status_of(error: grpc.RpcError) -> status_pb2.Status | None:
    # Every error of a call is the call itself, which the types do not say.
    call: Any = error
    try:
        status: status_pb2.Status | None = rpc_status.from_call(call)
    except ValueError:
        # Details that contradict the status are not our server's.
        return None
    return status


def _unpack(status: status_pb2.Status, into: Message) -> bool:
    return any(detail.Unpack(into) for detail in status.details)
