"""The floor of `LogBatch`: the same requests decoded into Python values, and the same rows by a raw `executemany`.

One after the other, in one process, into a bare table clustered as the service's is. Prints one JSON line.
"""

import argparse
from collections.abc import Iterator
from itertools import count, cycle, repeat
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import apsw
import msgspec
from google.protobuf import struct_pb2
from tracking.v1 import log_event_pb2, tracking_service_pb2

from bench.events import BATCH_EVENTS, batch_calls
from bench.measurement import Measurement, measured

_TABLE = """
    CREATE TABLE entries (
        key INTEGER PRIMARY KEY,
        organisation INTEGER NOT NULL,
        level INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        window_end INTEGER,
        data BLOB NOT NULL
    ) STRICT
"""


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    floor = _Floor(options.file)
    floor.run(seconds=0.2)
    print(msgspec.json.encode(floor.run(seconds=options.seconds)).decode())


class _Floor:
    def __init__(self, file: Path) -> None:
        self._connection = open_table(file)
        self._keys = count(1)
        self._calls = batch_calls()
        self._blobs = [[msgspec.msgpack.encode(_row(event)) for event in decode(call)] for call in self._calls]

    def run(self, *, seconds: float) -> Measurement:
        latencies: list[float] = []
        begin, cpu = monotonic(), process_time()
        for call, blobs in cycle(zip(self._calls, self._blobs, strict=True)):
            turn = monotonic()
            if turn - begin > seconds:
                break
            decode(call)
            write_rows(self._connection, self._keys, blobs)
            latencies.append(monotonic() - turn)
        return measured(
            latencies, seconds=monotonic() - begin, cpu_seconds=process_time() - cpu, events_each=BATCH_EVENTS
        )


def open_table(file: Path) -> apsw.Connection:
    """A connection to a bare table, as durable as the service's."""
    connection = apsw.Connection(str(file))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    # As the service has it: fewer checkpoints than by default.
    connection.wal_autocheckpoint(4_000)
    connection.execute(_TABLE)
    return connection


def write_rows(connection: apsw.Connection, keys: Iterator[int], blobs: list[bytes]) -> None:
    """Rows of these bytes, in one durable transaction."""
    with connection:
        connection.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            zip(keys, repeat(1), repeat(4), repeat(1), repeat(None), blobs),
        )


def decode(call: bytes) -> list[dict[str, Any]]:
    return [_event(event) for event in tracking_service_pb2.LogBatchRequest.FromString(call).events]


def _event(event: log_event_pb2.LogEvent) -> dict[str, Any]:
    return {
        "message": event.message,
        "level": event.level,
        "send_notification": event.send_notification,
        "debounce": event.debounce.key if event.HasField("debounce") else None,
        "event_id": event.event_id,
        "event_time": event.event_time.ToNanoseconds() if event.HasField("event_time") else None,
        "service": event.service,
        "component": event.component,
        "code": event.code,
        "environment": event.environment,
        "release": event.release,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "fingerprint": event.fingerprint,
        "attributes": dict(_members(event.attributes)),
    }


def _members(struct: struct_pb2.Struct) -> Iterator[tuple[str, Any]]:
    for name, value in struct.fields.items():
        yield name, _value(value)


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return dict(_members(value.struct_value))
    if kind == "list_value":
        return [_value(element) for element in value.list_value.values]
    return None if kind is None or kind == "null_value" else getattr(value, kind)


def _row(event: dict[str, Any]) -> tuple[Any, ...]:
    """About the bytes that the service keeps of an event: values without the names of fields, attributes as JSON."""
    *fields, attributes = event.values()
    return *fields, msgspec.json.encode(attributes)


if __name__ == "__main__":
    main()
