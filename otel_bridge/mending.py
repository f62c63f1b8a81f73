"""Texts that are no UTF-8, in requests that are otherwise well.

The decoder refuses a whole request for one such text. A copy of OpenTelemetry's messages that has bytes where they
have texts decodes it; the texts are mended there.
"""

from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto


def mend_request(data: bytes) -> tuple[bytes, frozenset[tuple[int, ...]]]:
    """The request with U+FFFD for what is no UTF-8, and the places it was in; raises DecodeError.

    A place is the index of a resource, then of a scope, then of a record; the last one named had the text.
    """
    request: Any = _Request.FromString(data)
    places: set[tuple[int, ...]] = set()
    for i, resource_logs in enumerate(request.resource_logs):
        if _mend(resource_logs, but="scope_logs"):
            places.add((i,))
        for j, scope_logs in enumerate(resource_logs.scope_logs):
            if _mend(scope_logs, but="log_records"):
                places.add((i, j))
            places.update((i, j, k) for k, record in enumerate(scope_logs.log_records) if _mend(record))
    return request.SerializeToString(), frozenset(places)


def _mend(message: Message, *, but: str = "") -> bool:
    """Mends the texts of a message and of those in it, except in the field `but`; whether there were any to mend."""
    mended = False
    for field, value in message.ListFields():
        if field.name == but:
            continue
        if field.message_type is not None:
            for inner in value if field.is_repeated else (value,):
                mended |= _mend(inner)
        elif field.full_name in _TEXTS:
            mended |= _mend_texts(message, field.name, repeated=field.is_repeated)
    return mended


def _mend_texts(message: Message, name: str, *, repeated: bool) -> bool:
    value = getattr(message, name)
    texts = list(value) if repeated else [value]
    whole = [text.decode(errors="replace").encode() for text in texts]
    if whole == texts:
        return False
    if repeated:
        value[:] = whole
    else:
        setattr(message, name, whole[0])
    return True


def _clone() -> tuple[type[Message], frozenset[str]]:
    """The request's class with bytes for texts, and the full names of the fields that are texts."""
    pool, texts = DescriptorPool(), set()
    files: tuple[FileDescriptor, ...] = tuple(
        module.DESCRIPTOR for module in (common_pb2, resource_pb2, logs_pb2, logs_service_pb2)
    )
    for file in files:
        copy = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(copy)
        for message in copy.message_type:
            for field in message.field:
                if field.type == _FIELD.TYPE_STRING:
                    field.type = _FIELD.TYPE_BYTES
                    texts.add(f"{copy.package}.{message.name}.{field.name}")
        pool.Add(copy)
    name = logs_service_pb2.ExportLogsServiceRequest.DESCRIPTOR.full_name
    return GetMessageClass(pool.FindMessageTypeByName(name)), frozenset(texts)


_Request, _TEXTS = _clone()
