from tracking.v1 import error_pb2 as _error_pb2
from tracking.v1 import log_event_pb2 as _log_event_pb2
from tracking.v1 import outcome_pb2 as _outcome_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LogRequest(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: _log_event_pb2.LogEvent
    def __init__(self, event: _Optional[_Union[_log_event_pb2.LogEvent, _Mapping]] = ...) -> None: ...

class LogResponse(_message.Message):
    __slots__ = ("success", "outcome", "entry_id", "event_count")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    success: bool
    outcome: _outcome_pb2.Outcome
    entry_id: str
    event_count: int
    def __init__(self, success: _Optional[bool] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ..., entry_id: _Optional[str] = ..., event_count: _Optional[int] = ...) -> None: ...

class LogBatchRequest(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_log_event_pb2.LogEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[_log_event_pb2.LogEvent, _Mapping]]] = ...) -> None: ...

class LogBatchResponse(_message.Message):
    __slots__ = ("success", "results")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    results: _containers.RepeatedCompositeFieldContainer[LogResult]
    def __init__(self, success: _Optional[bool] = ..., results: _Optional[_Iterable[_Union[LogResult, _Mapping]]] = ...) -> None: ...

class LogStreamRequest(_message.Message):
    __slots__ = ("sequence", "event")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    event: _log_event_pb2.LogEvent
    def __init__(self, sequence: _Optional[int] = ..., event: _Optional[_Union[_log_event_pb2.LogEvent, _Mapping]] = ...) -> None: ...

class LogStreamResponse(_message.Message):
    __slots__ = ("sequence", "result")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    result: LogResult
    def __init__(self, sequence: _Optional[int] = ..., result: _Optional[_Union[LogResult, _Mapping]] = ...) -> None: ...

class LogResult(_message.Message):
    __slots__ = ("outcome", "entry_id", "event_count", "error")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    outcome: _outcome_pb2.Outcome
    entry_id: str
    event_count: int
    error: _error_pb2.Error
    def __init__(self, outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ..., entry_id: _Optional[str] = ..., event_count: _Optional[int] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ...) -> None: ...
