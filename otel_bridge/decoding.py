"""From the bytes of a protobuf request to its messages, texts that are no UTF-8 included."""

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_bridge.mending import mend_request
from server.core.errors import InvalidRequest


class Decoded(msgspec.Struct, frozen=True):
    """A request, and the places whose texts were mended: (resource), (resource, scope) or (resource, scope, record)."""

    request: ExportLogsServiceRequest
    mended: frozenset[tuple[int, ...]] = frozenset()


def decode_request(data: bytes) -> Decoded:
    """The request in these bytes; none at all are an empty one. Bytes that are no UTF-8 become U+FFFD.

    Raises InvalidRequest for what is no such message, and for values nested deeper than protobuf carries (32
    objects, 48 arrays).
    """
    try:
        return Decoded(ExportLogsServiceRequest.FromString(data))
    except DecodeError:
        pass
    try:
        # One text that is no UTF-8 makes the decoder refuse them all.
        mended_data, places = mend_request(data)
        return Decoded(ExportLogsServiceRequest.FromString(mended_data), places)
    except DecodeError:
        raise InvalidRequest(
            "The body is no ExportLogsServiceRequest in protobuf, or nests values too deeply (32 objects, 48 arrays)."
        ) from None
