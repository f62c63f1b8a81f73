"""The floors of MongoDB, and a commit of one beside them. Prints one JSON line.

`batch`: the requests of `LogBatch` decoded into Python values, encoded as BSON and inserted raw, 500 at a time, into a
collection that has only `_id`; one after the other. `one`: `insert_one` of such a document. `commit`: the store's own
commit of one event, in this process. All are acknowledged by a journaled majority.
"""

import argparse
import secrets
from collections.abc import Awaitable, Callable
from itertools import cycle
from time import monotonic, process_time, time_ns
from typing import Any

import bson
import msgspec
import uvloop
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from tracking.v1 import tracking_service_pb2

from bench.events import BATCH_EVENTS, batch_calls
from bench.floor_batch import decode
from bench.measurement import Measurement, measured
from server.core.model import Door, Submission
from server.grpc_api.events import read_event
from server.storage.mongo.connection import Connection
from server.storage.mongo.store import MongoStore

_WARM_UP_SECONDS = 0.3

Work = Callable[[bytes], Awaitable[Any]]


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("batch", "one", "commit"), required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    measure = {"batch": _batch, "one": _one, "commit": _commit}[options.kind]
    print(msgspec.json.encode(uvloop.run(measure(options.url, options.seconds))).decode())


async def _batch(url: str, seconds: float) -> Measurement:
    async with _client(url) as client:
        collection = client["bench"][secrets.token_hex(4)]

        async def insert(call: bytes) -> None:
            documents = [RawBSONDocument(bson.encode(_document(event))) for event in decode(call)]
            await collection.insert_many(documents, ordered=False)

        return await _measure(insert, seconds, events_each=BATCH_EVENTS)


async def _one(url: str, seconds: float) -> Measurement:
    document = _document(decode(batch_calls()[0])[0])
    async with _client(url) as client:
        collection = client["bench"][secrets.token_hex(4)]
        return await _measure(lambda _: collection.insert_one({**document, "_id": _new_id()}), seconds)


async def _commit(url: str, seconds: float) -> Measurement:
    event = read_event(tracking_service_pb2.LogBatchRequest.FromString(batch_calls()[0]).events[0])
    connection = Connection(url.replace("/?", f"/bench{secrets.token_hex(4)}?"))
    await connection.open()
    store = MongoStore(connection)
    try:

        async def commit(_: bytes) -> None:
            now = time_ns()
            one = Submission(event=event, organisation_id=1, door=Door.GRPC, receive_time=now, event_time=now)
            await store.commit([store.prepare(one)])

        return await _measure(commit, seconds)
    finally:
        await store.close()


async def _measure(work: Work, seconds: float, *, events_each: int = 1) -> Measurement:
    calls = cycle(batch_calls())
    await _repeat(work, calls, _WARM_UP_SECONDS)
    begin, cpu = monotonic(), process_time()
    latencies = await _repeat(work, calls, seconds)
    return measured(latencies, seconds=monotonic() - begin, cpu_seconds=process_time() - cpu, events_each=events_each)


async def _repeat(work: Work, calls: "cycle[bytes]", seconds: float) -> list[float]:
    latencies: list[float] = []
    until = monotonic() + seconds
    while (begin := monotonic()) < until:
        await work(next(calls))
        latencies.append(monotonic() - begin)
    return latencies


def _client(url: str) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(url, w="majority", journal=True)


def _document(event: dict[str, Any]) -> dict[str, Any]:
    """About the bytes that the service keeps of an event."""
    return {"_id": _new_id(), **event, "attributes": msgspec.json.encode(event["attributes"]).decode()}


def _new_id() -> bytes:
    """In the order of time, as the service's are."""
    return time_ns().to_bytes(8, "big") + secrets.token_bytes(5)


if __name__ == "__main__":
    main()
