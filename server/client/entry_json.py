"""Entries as REST writes them, from the contract's messages: lowerCamelCase, RFC 3339, absent fields left out."""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1.attribute_value_pb2 import AttributeValue
from tracking.v1.entry_pb2 import Entry, Sample

from server.core.instants import format_rfc3339
from server.core.model import NANOSECONDS_PER_SECOND, Level


def entry_fields(entry: Entry) -> dict[str, Any]:
    """An entry as Python values that encode to REST's JSON object, integers exact."""
    return _fields(entry)


def nanoseconds_of(timestamp: Timestamp) -> int:
    """A Timestamp as nanoseconds since 1970."""
    return timestamp.seconds * NANOSECONDS_PER_SECOND + timestamp.nanos


def _fields(message: Message) -> dict[str, Any]:
    fields = {_camel(field.name): _field(field, value) for field, value in message.ListFields()}
    if isinstance(message, Entry | Sample):
        # Elsewhere an empty text counts as absent; a message never does.
        fields.setdefault("message", "")
    return fields


def _field(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return Level(value).word
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {name: _attribute(value[name]) for name in sorted(value)}
    if field.is_repeated:
        return [_value(element) for element in value]
    return _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, Timestamp):
        return format_rfc3339(nanoseconds_of(value))
    if isinstance(value, AttributeValue):
        return _attribute(value)
    return _fields(value) if isinstance(value, Message) else value


def _attribute(value: AttributeValue) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None:
        return {name: _attribute(value.members[name]) for name in sorted(value.members)}
    if kind == "null_value":
        return None
    if kind == "list_value":
        return [_attribute(element) for element in value.list_value.elements]
    return getattr(value, kind)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
