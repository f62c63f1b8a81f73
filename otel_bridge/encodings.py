"""The two encodings of OTLP: how a request is read, how an answer and an error are written."""

from codecs import getincrementaldecoder
from collections.abc import Callable

import msgspec
from google.protobuf.json_format import MessageToJson
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

from otel_bridge.bounds import MAX_JSON_VALUES
from otel_bridge.controls import Defaults
from otel_bridge.decoding import decode_request
from otel_bridge.parts import parts_of
from otel_bridge.translate import Translation, translate_json, translate_protobuf
from server.core.errors import InvalidJson, TooLarge, TrackingError

_PIECE_BYTES = 1024 * 1024


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
    parts = parts_of(body, defaults.max_event_bytes)
    return translate_protobuf(
        (part if isinstance(part, TrackingError) else decode_request(part) for part in parts), defaults
    )


def _read_json(body: bytes, defaults: Defaults) -> Translation:
    _require_utf8(body)
    values = body.count(b"{") + body.count(b"[") + body.count(b",")
    if values > MAX_JSON_VALUES:
        raise TooLarge(f"The request has {values} objects, arrays and commas; {MAX_JSON_VALUES} are decoded.")
    return translate_json(body, defaults)


def _require_utf8(body: bytes) -> None:
    """Also of what nobody reads: JSON is UTF-8. In pieces, as a text may have four times the bytes it is made from."""
    if body.isascii():
        return
    decoder = getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(body), _PIECE_BYTES):
            decoder.decode(body[begin : begin + _PIECE_BYTES], final=begin + _PIECE_BYTES >= len(body))
    except UnicodeDecodeError:
        raise InvalidJson("The body is not valid UTF-8.") from None


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
