"""The floors of OTLP, one step after the other in one process without a network. Prints one JSON line.

`decode`: the request's protobuf messages, and nothing of them. `rows`: decoded and translated into log events by the
service's own functions, and the same rows by a raw `executemany`, into a bare table clustered as the service's is.
`documents`: the same for MongoDB, encoded as BSON and inserted raw into a collection that has only `_id`.
"""

import argparse
import asyncio
import secrets
from collections.abc import Awaitable, Callable
from itertools import count, islice
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import bson
import msgspec
import uvloop
from bson.raw_bson import RawBSONDocument
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bench.floor_batch import open_table, write_rows
from bench.floor_mongo import client_of, new_id
from bench.measurement import Measurement, measured
from bench.otlp_events import protobuf_bodies
from otel_bridge.controls import Defaults
from otel_bridge.decoding import decode_request
from otel_bridge.translate import translate_protobuf
from server.core.model import Door, LogEvent, Submission
from server.core.stored import stored_event
from server.storage.mongo.fields import event_fields

_DEFAULTS = Defaults()

Work = Callable[[bytes], Awaitable[Any]]


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("decode", "rows", "documents"), required=True)
    parser.add_argument("--records", type=int, required=True, help="in a request")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    print(msgspec.json.encode(uvloop.run(_measure(options))).decode())


async def _measure(options: argparse.Namespace) -> Measurement:
    if options.kind == "decode":
        return await _repeat(_decode, options)
    if options.kind == "rows":
        return await _repeat(_rows(options), options)
    async with client_of(options.url) as client:
        collection = client["bench"][secrets.token_hex(4)]

        async def insert(body: bytes) -> None:
            documents = [RawBSONDocument(bson.encode(_document(event))) for event in _translate(body)]
            await collection.insert_many(documents, ordered=False)

        return await _repeat(insert, options)


async def _decode(body: bytes) -> None:
    ExportLogsServiceRequest.FromString(body)


def _rows(options: argparse.Namespace) -> Work:
    connection, keys = open_table(options.file), count(1)
    body = next(protobuf_bodies(options.records))
    blobs = [msgspec.msgpack.encode(stored_event(_submission(event))) for event in _translate(body)]

    async def write(body: bytes) -> None:
        _translate(body)
        write_rows(connection, keys, blobs)

    return write


async def _repeat(work: Work, options: argparse.Namespace) -> Measurement:
    bodies = protobuf_bodies(options.records)
    for body in islice(bodies, 3):
        await work(body)
    latencies: list[float] = []
    begin, cpu = monotonic(), process_time()
    while (turn := monotonic()) - begin < options.seconds:
        await work(next(bodies))
        latencies.append(monotonic() - turn)
        await asyncio.sleep(0)
    return measured(
        latencies,
        seconds=monotonic() - begin,
        cpu_seconds=process_time() - cpu,
        events_each=options.records,
    )


def _translate(body: bytes) -> list[LogEvent]:
    return [event for part in translate_protobuf([decode_request(body)], _DEFAULTS) for event in part]  # type: ignore[misc]


def _submission(event: LogEvent) -> Submission:
    now = event.event_time or 0
    return Submission(event=event, organisation_id=1, door=Door.OTLP_GRPC, receive_time=now, event_time=now)


def _document(event: LogEvent) -> dict[str, Any]:
    return {"_id": new_id(), "organisation": 1, "event_count": 1, **event_fields(stored_event(_submission(event)))}


if __name__ == "__main__":
    main()
