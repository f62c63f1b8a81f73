import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import histogram_pb2 as _histogram_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GroupStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUP_STATUS_UNSPECIFIED: _ClassVar[GroupStatus]
    GROUP_STATUS_OPEN: _ClassVar[GroupStatus]
    GROUP_STATUS_RESOLVED: _ClassVar[GroupStatus]
    GROUP_STATUS_MUTED: _ClassVar[GroupStatus]

class GroupSort(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GROUP_SORT_UNSPECIFIED: _ClassVar[GroupSort]
    GROUP_SORT_LAST_EVENT: _ClassVar[GroupSort]
    GROUP_SORT_EVENTS: _ClassVar[GroupSort]
    GROUP_SORT_FIRST_EVENT: _ClassVar[GroupSort]
GROUP_STATUS_UNSPECIFIED: GroupStatus
GROUP_STATUS_OPEN: GroupStatus
GROUP_STATUS_RESOLVED: GroupStatus
GROUP_STATUS_MUTED: GroupStatus
GROUP_SORT_UNSPECIFIED: GroupSort
GROUP_SORT_LAST_EVENT: GroupSort
GROUP_SORT_EVENTS: GroupSort
GROUP_SORT_FIRST_EVENT: GroupSort

class Group(_message.Message):
    __slots__ = ("id", "title", "status", "muted_until", "muted_until_count", "service", "component", "code", "levels", "event_count", "first_event_time", "last_event_time", "sparkline")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_COUNT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    SPARKLINE_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    status: GroupStatus
    muted_until: _timestamp_pb2.Timestamp
    muted_until_count: int
    service: str
    component: str
    code: str
    levels: _containers.RepeatedCompositeFieldContainer[_histogram_pb2.LevelCount]
    event_count: int
    first_event_time: _timestamp_pb2.Timestamp
    last_event_time: _timestamp_pb2.Timestamp
    sparkline: Sparkline
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[_Union[GroupStatus, str]] = ..., muted_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., muted_until_count: _Optional[int] = ..., service: _Optional[str] = ..., component: _Optional[str] = ..., code: _Optional[str] = ..., levels: _Optional[_Iterable[_Union[_histogram_pb2.LevelCount, _Mapping]]] = ..., event_count: _Optional[int] = ..., first_event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sparkline: _Optional[_Union[Sparkline, _Mapping]] = ...) -> None: ...

class Sparkline(_message.Message):
    __slots__ = ("from_time", "counts")
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    from_time: _timestamp_pb2.Timestamp
    counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ...) -> None: ...
