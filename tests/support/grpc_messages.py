"""The contract's messages from events and filters in REST's spelling, written from the contract's own words."""

import re
from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1.debounce_pb2 import Debounce
from tracking.v1.entry_filter_pb2 import EntryFilter
from tracking.v1.level_pb2 import Level
from tracking.v1.log_event_pb2 import LogEvent

from server.core.instants import parse_rfc3339
from tests.support.results import Event, Filters

_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_RENAMED = {"useDebounce": "debounce", "from": "from_time", "to": "to_time"}
_REST_NAMES = {contract: rest for rest, contract in _RENAMED.items()}
_CAPITAL, _UNDERSCORE = re.compile(r"[A-Z]"), re.compile(r"_(.)")


def event_message(event: Event) -> LogEvent:
    """An event; a member of `event` that is None is not set."""
    fields = {contract_name(name): _field(name, value) for name, value in event.items() if value is not None}
    return LogEvent(**{name: value for name, value in fields.items() if value is not None})


def filter_message(filters: Filters) -> EntryFilter:
    """A filter; `from` and `to` are RFC 3339 here."""
    message = EntryFilter()
    for name, values in filters.items():
        texts = [values] if isinstance(values, str) else list(values)
        if name.startswith("attribute."):
            (message.attributes[name.removeprefix("attribute.")],) = texts
        elif name in ("from", "to"):
            (text,) = texts
            getattr(message, contract_name(name)).CopyFrom(timestamp(text))
        elif name == "query":
            (message.query,) = texts
        elif name == "level":
            message.level.extend(_level(word) for text in texts for word in text.split(","))
        else:
            getattr(message, contract_name(name)).extend(texts)
    return message


def contract_name(name: str) -> str:
    """The contract's name of a field of REST."""
    return _RENAMED.get(name) or _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", name)


def json_name(field: str) -> str:
    """REST's name of a field of the contract, a path included."""
    first, *others = field.split(".")
    return ".".join([_REST_NAMES.get(first, _camel(first)), *map(_camel, others)])


def timestamp(text: str) -> Timestamp:
    """An instant in RFC 3339."""
    message = Timestamp()
    message.FromNanoseconds(parse_rfc3339(text))
    return message


def struct(members: dict[str, Any]) -> struct_pb2.Struct:
    """A JSON object; every number is a double."""
    return struct_pb2.Struct(fields={name: _value(member) for name, member in members.items()})


def _field(name: str, value: Any) -> Any:
    match name:
        case "level":
            return _level(value)
        case "useDebounce":
            return _debounce(value)
        case "eventTime":
            return timestamp(value)
        case "attributes":
            return struct(value)
        case _:
            return value


def _level(word: str) -> Any:
    return Level.Value(f"LEVEL_{word.upper()}")


def _debounce(value: Any) -> Debounce | None:
    if value is False:
        return None
    members = {} if value is True else value
    interval = members.get("maxInterval")
    return Debounce(
        key=members.get("key", members.get("customKey")),
        max_interval=None if interval is None else _duration(interval),
    )


def _duration(interval: str | float) -> Duration:
    message = Duration()
    if isinstance(interval, str) and not interval.isdigit():
        parts = re.findall(r"(\d+) *([dhms])", interval.lower().replace("min", "m").replace("hr", "h"))
        message.FromMilliseconds(sum(int(number) * _MILLISECONDS[unit] for number, unit in parts))
    else:
        message.FromMilliseconds(round(float(interval) * _MILLISECONDS["m"]))
    return message


def _value(value: Any) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case list():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=map(_value, value)))
        case _:
            return struct_pb2.Value(struct_value=struct(value))


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda underscore: underscore[1].upper(), name)
