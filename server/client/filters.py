"""From the core's filter to the contract's."""

from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1 import entry_filter_pb2

from server.core.model import NANOSECONDS_PER_SECOND
from server.core.query import EntryFilter, format_query


def filter_message(chosen: EntryFilter, query: str = "") -> entry_filter_pb2.EntryFilter:
    """The same filter as a message, which holds one value for each attribute; its conditions stand in a query string.

    `query` is what a person asked for beside it.
    """
    conditions = format_query(EntryFilter(conditions=chosen.conditions))
    message = entry_filter_pb2.EntryFilter(
        level=[f"LEVEL_{level.name}" for level in sorted(chosen.levels)],
        service=chosen.service,
        component=chosen.component,
        code=chosen.code,
        environment=chosen.environment,
        trace_id=chosen.trace_id,
        group_id=chosen.group_id,
        debounce_key=chosen.debounce_key,
        attributes={name: values[0] for name, values in chosen.attributes},
        q=chosen.q,
        query=f"{conditions} {query}".strip(),
    )
    if chosen.from_time is not None:
        message.from_time.CopyFrom(_timestamp(chosen.from_time))
    if chosen.to_time is not None:
        message.to_time.CopyFrom(_timestamp(chosen.to_time))
    return message


def _timestamp(instant: int) -> Timestamp:
    seconds, nanos = divmod(instant, NANOSECONDS_PER_SECOND)
    return Timestamp(seconds=seconds, nanos=nanos)
