"""The floors of MongoDB, and the store's own commits beside them. Prints one JSON line.

`batch`: the requests of `LogBatch` decoded into Python values, encoded as BSON and inserted raw, 500 at a time, into a
collection that has only `_id`; one after the other. `one`: `insert_one` of such a document. `commit`: the store's own
commit of one event, in this process. `plain` and `hot`: commits of 500 decoded events, each with what the store does to
prepare it, in two processes at once; distinct events, or such of three debounce keys. All are acknowledged by a
journaled majority.
"""

import argparse
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from itertools import cycle
from multiprocessing import get_context
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
from bench.measurement import Measurement, measured, together
from server.core.debounce import window_of
from server.core.model import Debounce, Door, LogEvent, Submission
from server.grpc_api.events import read_event
from server.storage.mongo.connection import Connection
from server.storage.mongo.store import MongoStore

_WARM_UP_SECONDS = 0.3

Work = Callable[[bytes], Awaitable[Any]]


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("batch", "one", "commit", "plain", "hot"), required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    if options.kind in ("plain", "hot"):
        measurement = _in_two_processes(options.kind, options.url, options.seconds)
    else:
        measure = {"batch": _batch, "one": _one, "commit": _commit}[options.kind]
        measurement = uvloop.run(measure(options.url, options.seconds))
    print(msgspec.json.encode(measurement).decode())


async def _batch(url: str, seconds: float) -> Measurement:
    async with client_of(url) as client:
        collection = client["bench"][secrets.token_hex(4)]

        async def insert(call: bytes) -> None:
            documents = [RawBSONDocument(bson.encode(_document(event))) for event in decode(call)]
            await collection.insert_many(documents, ordered=False)

        return await _measure(insert, seconds, events_each=BATCH_EVENTS)


async def _one(url: str, seconds: float) -> Measurement:
    document = _document(decode(batch_calls()[0])[0])
    async with client_of(url) as client:
        collection = client["bench"][secrets.token_hex(4)]
        return await _measure(lambda _: collection.insert_one({**document, "_id": new_id()}), seconds)


async def _commit(url: str, seconds: float) -> Measurement:
    event = read_event(tracking_service_pb2.LogBatchRequest.FromString(batch_calls()[0]).events[0])
    async with _store(url, secrets.token_hex(4)) as store:
        return await _measure(lambda _: store.commit([store.prepare(_submission(event))]), seconds)


def _in_two_processes(kind: str, url: str, seconds: float) -> Measurement:
    database = secrets.token_hex(4)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_commits, kind, url, database, seconds) for _ in range(2)]
        return together([one.result() for one in running])


def _commits(kind: str, url: str, database: str, seconds: float) -> Measurement:
    return uvloop.run(_commit_batches(kind, url, database, seconds))


async def _commit_batches(kind: str, url: str, database: str, seconds: float) -> Measurement:
    events = [
        msgspec.structs.replace(event, debounce=Debounce(f"hot-{place % 3}")) if kind == "hot" else event
        for call in batch_calls()[:1]
        for place, event in enumerate(map(read_event, tracking_service_pb2.LogBatchRequest.FromString(call).events))
    ]
    async with _store(url, database) as store:

        async def commit(_: bytes) -> None:
            await store.commit([store.prepare(_submission(event)) for event in events])

        return await _measure(commit, seconds, events_each=len(events))


@asynccontextmanager
async def _store(url: str, database: str) -> AsyncIterator[MongoStore]:
    connection = Connection(url.replace("/?", f"/bench{database}?"))
    await connection.open()
    store = MongoStore(connection)
    try:
        yield store
    finally:
        await store.close()


def _submission(event: LogEvent) -> Submission:
    now, debounce = time_ns(), event.debounce
    window = window_of(event, debounce, 1, None) if debounce else None
    return Submission(event=event, organisation_id=1, door=Door.GRPC, receive_time=now, event_time=now, window=window)


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


def client_of(url: str) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(url, w="majority", journal=True)


def _document(event: dict[str, Any]) -> dict[str, Any]:
    """About the bytes that the service keeps of an event."""
    return {"_id": new_id(), **event, "attributes": msgspec.json.encode(event["attributes"]).decode()}


def new_id() -> bytes:
    """In the order of time, as the service's are."""
    return time_ns().to_bytes(8, "big") + secrets.token_bytes(5)


if __name__ == "__main__":
    main()
