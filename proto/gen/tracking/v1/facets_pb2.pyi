import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import histogram_pb2 as _histogram_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Facets(_message.Message):
    __slots__ = ("from_time", "to_time", "total", "levels", "services", "components", "codes", "environments", "complete")
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    from_time: _timestamp_pb2.Timestamp
    to_time: _timestamp_pb2.Timestamp
    total: int
    levels: _containers.RepeatedCompositeFieldContainer[_histogram_pb2.LevelCount]
    services: _containers.RepeatedCompositeFieldContainer[FacetValue]
    components: _containers.RepeatedCompositeFieldContainer[FacetValue]
    codes: _containers.RepeatedCompositeFieldContainer[FacetValue]
    environments: _containers.RepeatedCompositeFieldContainer[FacetValue]
    complete: bool
    def __init__(self, from_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., to_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., total: _Optional[int] = ..., levels: _Optional[_Iterable[_Union[_histogram_pb2.LevelCount, _Mapping]]] = ..., services: _Optional[_Iterable[_Union[FacetValue, _Mapping]]] = ..., components: _Optional[_Iterable[_Union[FacetValue, _Mapping]]] = ..., codes: _Optional[_Iterable[_Union[FacetValue, _Mapping]]] = ..., environments: _Optional[_Iterable[_Union[FacetValue, _Mapping]]] = ..., complete: _Optional[bool] = ...) -> None: ...

class FacetValue(_message.Message):
    __slots__ = ("value", "event_count")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    value: str
    event_count: int
    def __init__(self, value: _Optional[str] = ..., event_count: _Optional[int] = ...) -> None: ...
