import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import attribute_value_pb2 as _attribute_value_pb2
from tracking.v1 import level_pb2 as _level_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Entry(_message.Message):
    __slots__ = ("id", "organisation", "level", "message", "event_count", "event_time", "receive_time", "first_event_time", "last_event_time", "expire_time", "service", "component", "code", "environment", "release", "trace_id", "span_id", "attributes", "door", "group_id", "debounce_key", "window_end_time", "samples", "notification", "warnings", "body", "severity_number", "severity_text", "event_name", "flags", "dropped_attributes_count", "resource", "scope", "event_id", "fingerprint")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _attribute_value_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_attribute_value_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    FIRST_EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    DOOR_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    DEBOUNCE_KEY_FIELD_NUMBER: _ClassVar[int]
    WINDOW_END_TIME_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATION_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_TEXT_FIELD_NUMBER: _ClassVar[int]
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_ATTRIBUTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    id: str
    organisation: str
    level: _level_pb2.Level
    message: str
    event_count: int
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    first_event_time: _timestamp_pb2.Timestamp
    last_event_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    service: str
    component: str
    code: str
    environment: str
    release: str
    trace_id: str
    span_id: str
    attributes: _containers.MessageMap[str, _attribute_value_pb2.AttributeValue]
    door: str
    group_id: str
    debounce_key: str
    window_end_time: _timestamp_pb2.Timestamp
    samples: _containers.RepeatedCompositeFieldContainer[Sample]
    notification: Notification
    warnings: _containers.RepeatedScalarFieldContainer[str]
    body: _attribute_value_pb2.AttributeValue
    severity_number: int
    severity_text: str
    event_name: str
    flags: int
    dropped_attributes_count: int
    resource: Resource
    scope: Scope
    event_id: str
    fingerprint: str
    def __init__(self, id: _Optional[str] = ..., organisation: _Optional[str] = ..., level: _Optional[_Union[_level_pb2.Level, str]] = ..., message: _Optional[str] = ..., event_count: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., first_event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., service: _Optional[str] = ..., component: _Optional[str] = ..., code: _Optional[str] = ..., environment: _Optional[str] = ..., release: _Optional[str] = ..., trace_id: _Optional[str] = ..., span_id: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _attribute_value_pb2.AttributeValue]] = ..., door: _Optional[str] = ..., group_id: _Optional[str] = ..., debounce_key: _Optional[str] = ..., window_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., samples: _Optional[_Iterable[_Union[Sample, _Mapping]]] = ..., notification: _Optional[_Union[Notification, _Mapping]] = ..., warnings: _Optional[_Iterable[str]] = ..., body: _Optional[_Union[_attribute_value_pb2.AttributeValue, _Mapping]] = ..., severity_number: _Optional[int] = ..., severity_text: _Optional[str] = ..., event_name: _Optional[str] = ..., flags: _Optional[int] = ..., dropped_attributes_count: _Optional[int] = ..., resource: _Optional[_Union[Resource, _Mapping]] = ..., scope: _Optional[_Union[Scope, _Mapping]] = ..., event_id: _Optional[str] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class Sample(_message.Message):
    __slots__ = ("event_count", "event_time", "message", "attributes", "trace_id", "span_id", "event_id")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _attribute_value_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_attribute_value_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    event_count: int
    event_time: _timestamp_pb2.Timestamp
    message: str
    attributes: _containers.MessageMap[str, _attribute_value_pb2.AttributeValue]
    trace_id: str
    span_id: str
    event_id: str
    def __init__(self, event_count: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., message: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _attribute_value_pb2.AttributeValue]] = ..., trace_id: _Optional[str] = ..., span_id: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...

class Notification(_message.Message):
    __slots__ = ("requested", "decision", "reason")
    REQUESTED_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    requested: bool
    decision: str
    reason: str
    def __init__(self, requested: _Optional[bool] = ..., decision: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Resource(_message.Message):
    __slots__ = ("attributes", "schema_url", "dropped_attributes_count")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _attribute_value_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_attribute_value_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_URL_FIELD_NUMBER: _ClassVar[int]
    DROPPED_ATTRIBUTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    attributes: _containers.MessageMap[str, _attribute_value_pb2.AttributeValue]
    schema_url: str
    dropped_attributes_count: int
    def __init__(self, attributes: _Optional[_Mapping[str, _attribute_value_pb2.AttributeValue]] = ..., schema_url: _Optional[str] = ..., dropped_attributes_count: _Optional[int] = ...) -> None: ...

class Scope(_message.Message):
    __slots__ = ("name", "version", "attributes", "schema_url", "dropped_attributes_count")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _attribute_value_pb2.AttributeValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_attribute_value_pb2.AttributeValue, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_URL_FIELD_NUMBER: _ClassVar[int]
    DROPPED_ATTRIBUTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    attributes: _containers.MessageMap[str, _attribute_value_pb2.AttributeValue]
    schema_url: str
    dropped_attributes_count: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _attribute_value_pb2.AttributeValue]] = ..., schema_url: _Optional[str] = ..., dropped_attributes_count: _Optional[int] = ...) -> None: ...
