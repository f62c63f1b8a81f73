from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    LEVEL_INFO: _ClassVar[Level]
    LEVEL_SUCCESS: _ClassVar[Level]
    LEVEL_WARNING: _ClassVar[Level]
    LEVEL_ERROR: _ClassVar[Level]
    LEVEL_CRITICAL: _ClassVar[Level]
LEVEL_UNSPECIFIED: Level
LEVEL_INFO: Level
LEVEL_SUCCESS: Level
LEVEL_WARNING: Level
LEVEL_ERROR: Level
LEVEL_CRITICAL: Level
