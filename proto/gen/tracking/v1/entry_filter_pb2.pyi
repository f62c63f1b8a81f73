import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import level_pb2 as _level_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EntryFilter(_message.Message):
    __slots__ = ("level", "q", "service", "component", "code", "environment", "trace_id", "group_id", "debounce_key", "from_time", "to_time", "attributes", "query")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    Q_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    DEBOUNCE_KEY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    level: _containers.RepeatedScalarFieldContainer[_level_pb2.Level]
    q: _containers.RepeatedScalarFieldContainer[str]
    service: _containers.RepeatedScalarFieldContainer[str]
    component: _containers.RepeatedScalarFieldContainer[str]
    code: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.RepeatedScalarFieldContainer[str]
    trace_id: _containers.RepeatedScalarFieldContainer[str]
    group_id: _containers.RepeatedScalarFieldContainer[str]
    debounce_key: _containers.RepeatedScalarFieldContainer[str]
    from_time: _timestamp_pb2.Timestamp
    to_time: _timestamp_pb2.Timestamp
    attributes: _containers.ScalarMap[str, str]
    query: str
    def __init__(self, level: _Optional[_Iterable[_Union[_level_pb2.Level, str]]] = ..., q: _Optional[_Iterable[str]] = ..., service: _Optional[_Iterable[str]] = ..., component: _Optional[_Iterable[str]] = ..., code: _Optional[_Iterable[str]] = ..., environment: _Optional[_Iterable[str]] = ..., trace_id: _Optional[_Iterable[str]] = ..., group_id: _Optional[_Iterable[str]] = ..., debounce_key: _Optional[_Iterable[str]] = ..., from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attributes: _Optional[_Mapping[str, str]] = ..., query: _Optional[str] = ...) -> None: ...
