import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import debounce_pb2 as _debounce_pb2
from tracking.v1 import level_pb2 as _level_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LogEvent(_message.Message):
    __slots__ = ("message", "level", "send_notification", "debounce", "event_id", "event_time", "service", "component", "code", "environment", "release", "trace_id", "span_id", "attributes", "fingerprint")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SEND_NOTIFICATION_FIELD_NUMBER: _ClassVar[int]
    DEBOUNCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    message: str
    level: _level_pb2.Level
    send_notification: bool
    debounce: _debounce_pb2.Debounce
    event_id: str
    event_time: _timestamp_pb2.Timestamp
    service: str
    component: str
    code: str
    environment: str
    release: str
    trace_id: str
    span_id: str
    attributes: _struct_pb2.Struct
    fingerprint: str
    def __init__(self, message: _Optional[str] = ..., level: _Optional[_Union[_level_pb2.Level, str]] = ..., send_notification: _Optional[bool] = ..., debounce: _Optional[_Union[_debounce_pb2.Debounce, _Mapping]] = ..., event_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., service: _Optional[str] = ..., component: _Optional[str] = ..., code: _Optional[str] = ..., environment: _Optional[str] = ..., release: _Optional[str] = ..., trace_id: _Optional[str] = ..., span_id: _Optional[str] = ..., attributes: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., fingerprint: _Optional[str] = ...) -> None: ...
