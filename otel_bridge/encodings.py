"""The two encodings of OTLP: how a request is read, how an answer and an error are written."""

from collections.abc import Callable

import msgspec
from google.protobuf.json_format import MessageToJson
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

from otel_bridge.controls import Defaults
from otel_bridge.decoding import decode_request
from otel_bridge.parts import parts_of
from otel_bridge.translate import Translation, translate_json, translate_protobuf
from server.core.errors import TooLarge, TrackingError
from server.core.json_text import decode_json

_MOST_JSON_CONTAINERS = 4_000_000
"""Each weighs many times the two bytes that it may have; a record with eight attributes has about twenty."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a request's records: how many were not accepted, and why not."""

    rejected: int = 0
    error_message: str = ""


class Encoding(msgspec.Struct, frozen=True):
    """One of the two. `translate` raises InvalidRequest for what is no request, at once or at any of its slices."""

    media_type: str
    translate: Callable[[bytes, Defaults], Translation]
    answer: Callable[[Answer], bytes]
    status: Callable[[status_pb2.Status], bytes]


def _read_protobuf(body: bytes, defaults: Defaults) -> Translation:
    parts = (part if isinstance(part, TrackingError) else decode_request(part) for part in parts_of(body))
    return translate_protobuf(parts, defaults)


def _read_json(body: bytes, defaults: Defaults) -> Translation:
    containers = body.count(b"{") + body.count(b"[")
    if containers > _MOST_JSON_CONTAINERS:
        raise TooLarge(f"The request has {containers} objects and arrays; {_MOST_JSON_CONTAINERS} are decoded.")
    return translate_json(decode_json(body), defaults)


def _protobuf_answer(answer: Answer) -> bytes:
    response = logs_service_pb2.ExportLogsServiceResponse()
    if answer.rejected:
        response.partial_success.rejected_log_records = answer.rejected
        response.partial_success.error_message = answer.error_message
    return response.SerializeToString()


def _json_answer(answer: Answer) -> bytes:
    if not answer.rejected:
        return b"{}"
    # An int64 is a string in protobuf's JSON.
    partial = {"rejectedLogRecords": str(answer.rejected), "errorMessage": answer.error_message}
    return msgspec.json.encode({"partialSuccess": partial})


def _protobuf_status(status: status_pb2.Status) -> bytes:
    return status.SerializeToString()


def _json_status(status: status_pb2.Status) -> bytes:
    return MessageToJson(status, indent=None, ensure_ascii=False).encode(errors="replace")


PROTOBUF = Encoding("application/x-protobuf", _read_protobuf, _protobuf_answer, _protobuf_status)
JSON = Encoding("application/json", _read_json, _json_answer, _json_status)
ENCODINGS = {encoding.media_type: encoding for encoding in (PROTOBUF, JSON)}
