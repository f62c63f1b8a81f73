import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tracking.v1 import entry_pb2 as _entry_pb2
from tracking.v1 import entry_filter_pb2 as _entry_filter_pb2
from tracking.v1 import facets_pb2 as _facets_pb2
from tracking.v1 import group_pb2 as _group_pb2
from tracking.v1 import histogram_pb2 as _histogram_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListEntriesRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _entry_filter_pb2.EntryFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_entry_filter_pb2.EntryFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Entry]
    next_page_token: str
    def __init__(self, entries: _Optional[_Iterable[_Union[_entry_pb2.Entry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEntryRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetEntryResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: _entry_pb2.Entry
    def __init__(self, entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class TailEntriesRequest(_message.Message):
    __slots__ = ("filter", "resume_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _entry_filter_pb2.EntryFilter
    resume_token: str
    def __init__(self, filter: _Optional[_Union[_entry_filter_pb2.EntryFilter, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TailEntriesResponse(_message.Message):
    __slots__ = ("entry", "repeat", "lost", "heartbeat", "resume_token")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entry: _entry_pb2.Entry
    repeat: _entry_pb2.Entry
    lost: TailLost
    heartbeat: TailHeartbeat
    resume_token: str
    def __init__(self, entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., repeat: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., lost: _Optional[_Union[TailLost, _Mapping]] = ..., heartbeat: _Optional[_Union[TailHeartbeat, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TailLost(_message.Message):
    __slots__ = ("count",)
    COUNT_FIELD_NUMBER: _ClassVar[int]
    count: int
    def __init__(self, count: _Optional[int] = ...) -> None: ...

class TailHeartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetHistogramRequest(_message.Message):
    __slots__ = ("filter", "step")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    filter: _entry_filter_pb2.EntryFilter
    step: _duration_pb2.Duration
    def __init__(self, filter: _Optional[_Union[_entry_filter_pb2.EntryFilter, _Mapping]] = ..., step: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetHistogramResponse(_message.Message):
    __slots__ = ("histogram",)
    HISTOGRAM_FIELD_NUMBER: _ClassVar[int]
    histogram: _histogram_pb2.Histogram
    def __init__(self, histogram: _Optional[_Union[_histogram_pb2.Histogram, _Mapping]] = ...) -> None: ...

class GetFacetsRequest(_message.Message):
    __slots__ = ("filter",)
    FILTER_FIELD_NUMBER: _ClassVar[int]
    filter: _entry_filter_pb2.EntryFilter
    def __init__(self, filter: _Optional[_Union[_entry_filter_pb2.EntryFilter, _Mapping]] = ...) -> None: ...

class GetFacetsResponse(_message.Message):
    __slots__ = ("facets",)
    FACETS_FIELD_NUMBER: _ClassVar[int]
    facets: _facets_pb2.Facets
    def __init__(self, facets: _Optional[_Union[_facets_pb2.Facets, _Mapping]] = ...) -> None: ...

class ListGroupsRequest(_message.Message):
    __slots__ = ("filter", "status", "sort", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _entry_filter_pb2.EntryFilter
    status: _containers.RepeatedScalarFieldContainer[_group_pb2.GroupStatus]
    sort: _group_pb2.GroupSort
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_entry_filter_pb2.EntryFilter, _Mapping]] = ..., status: _Optional[_Iterable[_Union[_group_pb2.GroupStatus, str]]] = ..., sort: _Optional[_Union[_group_pb2.GroupSort, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGroupsResponse(_message.Message):
    __slots__ = ("groups", "next_page_token", "complete")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[_group_pb2.Group]
    next_page_token: str
    complete: bool
    def __init__(self, groups: _Optional[_Iterable[_Union[_group_pb2.Group, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., complete: _Optional[bool] = ...) -> None: ...

class GetGroupRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetGroupResponse(_message.Message):
    __slots__ = ("group",)
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: _group_pb2.Group
    def __init__(self, group: _Optional[_Union[_group_pb2.Group, _Mapping]] = ...) -> None: ...

class UpdateGroupRequest(_message.Message):
    __slots__ = ("id", "status", "muted_until", "muted_until_count")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_COUNT_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: _group_pb2.GroupStatus
    muted_until: _timestamp_pb2.Timestamp
    muted_until_count: int
    def __init__(self, id: _Optional[str] = ..., status: _Optional[_Union[_group_pb2.GroupStatus, str]] = ..., muted_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., muted_until_count: _Optional[int] = ...) -> None: ...

class UpdateGroupResponse(_message.Message):
    __slots__ = ("group",)
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: _group_pb2.Group
    def __init__(self, group: _Optional[_Union[_group_pb2.Group, _Mapping]] = ...) -> None: ...
