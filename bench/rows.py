"""The rows of the table: who runs against whom, and which ratio is wanted."""

from collections.abc import Callable
from functools import partial

from bench.events import BATCH_EVENTS, array_bodies, line_bodies, single_bodies
from bench.measurement import Measurement
from bench.row import Measure, Row, run_module
from bench.rows_otlp import otlp_rows
from bench.stage import KEY, Running, Stage
from bench.wrk import Load


def all_rows() -> list[Row]:
    """Every row, in the order of the table."""
    return [
        *(_log_http(number) for number in (1, 32, 64, 128)),
        *map(_log_grpc, (32, 64)),
        _stream(),
        *_batches(),
        *_storms(),
        *_mongodb(),
        *otlp_rows(),
    ]


def _log_http(connections: int) -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        load = Load(stage, single_bodies())
        return _http(load, stage.bare_http(), connections), _http(load, stage.service(), connections)

    busy = connections >= 64
    return Row(
        name=f"log-http-{connections}",
        title=f"`POST log`, {connections} connection{'s' * (connections > 1)}, to a bare Sanic handler",
        contestants=contestants,
        needs_wrk=True,
        least_rate_ratio=0.5 if busy else None,
        most_p99_ratio=4.0 if busy else None,
    )


def _log_grpc(in_flight: int) -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        call = partial(_grpc, stage, "log", in_flight=in_flight)
        return call(stage.bare_grpc()), call(stage.service())

    return Row(
        name=f"log-grpc-{in_flight}",
        title=f"`Log`, {in_flight} in flight, to a bare grpc.aio servicer",
        contestants=contestants,
        least_rate_ratio=0.6,
    )


def _stream() -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        service = stage.service()
        return _grpc(stage, "log", service, in_flight=64), _grpc(stage, "stream", service, in_flight=8)

    return Row(
        name="stream",
        title="8 `LogStream`s, to `Log` with 64 in flight of the same client",
        contestants=contestants,
        least_rate_ratio=2.0,
    )


def _batches() -> list[Row]:
    return [
        *map(_batch_grpc, (1, 2, 4)),
        _batch_http("json", "a JSON array", array_bodies, "application/json"),
        _batch_http("ndjson", "NDJSON", line_bodies, "application/x-ndjson"),
    ]


def _batch_grpc(in_flight: int) -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        return _bare_batch(stage), _grpc(stage, "batch", stage.service(), in_flight=in_flight)

    return Row(
        name=f"batch-grpc-{in_flight}",
        title=f"`LogBatch` of {BATCH_EVENTS}, {in_flight} in flight, to decoding and raw `executemany`",
        contestants=contestants,
        least_rate_ratio=0.5,
    )


def _batch_http(name: str, words: str, bodies: Callable[[], list[bytes]], media_type: str) -> Row:
    def contestants(stage: Stage) -> tuple[None, Measure]:
        load = Load(stage, bodies(), path="log/batch", media_type=media_type, events_each=BATCH_EVENTS)
        return None, _http(load, stage.service(), 4)

    title = f"`POST log/batch` of {BATCH_EVENTS} as {words}, 4 connections"
    return Row(name=f"batch-http-{name}", title=title, contestants=contestants, needs_wrk=True)


def _storms() -> list[Row]:
    def over_http(stage: Stage) -> tuple[Measure, Measure]:
        service = stage.service()
        distinct, storm = Load(stage, single_bodies()), Load(stage, single_bodies(storm=True))
        return _http(distinct, service, 64), _http(storm, service, 64)

    def over_grpc(stage: Stage) -> tuple[Measure, Measure]:
        service = stage.service()
        return _grpc(stage, "batch", service, in_flight=2), _grpc(stage, "batch-storm", service, in_flight=2)

    return [
        Row(
            name="storm-http",
            title="a storm on one key, `POST log`, 64 connections, to distinct events",
            contestants=over_http,
            needs_wrk=True,
            least_rate_ratio=1.0,
        ),
        Row(
            name="storm-grpc",
            title=f"a storm on one key, `LogBatch` of {BATCH_EVENTS}, 2 in flight, to distinct events",
            contestants=over_grpc,
            least_rate_ratio=1.0,
        ),
    ]


def _mongodb() -> list[Row]:
    def log_http(stage: Stage) -> tuple[Measure, Measure]:
        load, mongodb = Load(stage, single_bodies()), stage.service(stage.mongodb())
        return _http(load, stage.service(), 128), _http(load, mongodb, 128)

    def batch(stage: Stage) -> tuple[Measure, Measure]:
        url = stage.mongodb()
        return _floor_mongo(stage, "batch", url), _grpc(stage, "batch", stage.service(url), in_flight=2)

    def hot_keys(stage: Stage) -> tuple[Measure, Measure]:
        url = stage.mongodb()
        services = stage.service(url), stage.service(url)
        return _grpc(stage, "batch", *services, in_flight=4), _grpc(stage, "batch-storm", *services, in_flight=4)

    def hot_commits(stage: Stage) -> tuple[Measure, Measure]:
        url = stage.mongodb()
        return _floor_mongo(stage, "plain", url), _floor_mongo(stage, "hot", url)

    def commit_of_one(stage: Stage) -> tuple[Measure, Measure]:
        url = stage.mongodb()
        return _floor_mongo(stage, "one", url), _floor_mongo(stage, "commit", url)

    return [
        Row(
            name="mongodb-log-http-128",
            title="MongoDB: `POST log`, 128 connections, to the same on SQLite",
            contestants=log_http,
            needs_wrk=True,
            least_rate_ratio=0.7,
        ),
        Row(
            name="mongodb-batch-grpc",
            title=f"MongoDB: `LogBatch` of {BATCH_EVENTS}, 2 in flight, to decoding, BSON and raw `insert_many`",
            contestants=batch,
            least_rate_ratio=0.5,
        ),
        Row(
            name="mongodb-hot-keys",
            title="MongoDB, two processes: a storm on one key, `LogBatch`, to distinct plain events",
            contestants=hot_keys,
            least_rate_ratio=2.0,
        ),
        Row(
            name="mongodb-hot-commits",
            title="MongoDB, two processes: the store's commits on three hot keys, to distinct plain events",
            contestants=hot_commits,
            least_rate_ratio=2.0,
        ),
        Row(
            name="mongodb-commit-of-one",
            title="MongoDB: the store's commit of one event, to `insert_one`",
            contestants=commit_of_one,
            most_p50_ratio=1.5,
        ),
    ]


def _floor_mongo(stage: Stage, kind: str, url: str) -> Measure:
    return run_module(stage, "bench.floor_mongo", "--kind", kind, "--url", url)


def _http(load: Load, server: Running, connections: int) -> Measure:
    return lambda seconds: load.measure(server, connections=connections, seconds=seconds)


def _grpc(stage: Stage, kind: str, *servers: Running, in_flight: int) -> Measure:
    arguments = ["--kind", kind, "--in-flight", str(in_flight), "--key", KEY]
    for server in servers:
        arguments += ["--address", f"127.0.0.1:{server.grpc_port}", "--server-pid", str(server.pid)]
    return run_module(stage, "bench.grpc_client", *arguments)


def _bare_batch(stage: Stage) -> Measure:
    def measure(seconds: int) -> Measurement:
        file = stage.fresh_file("floor.db")
        return run_module(stage, "bench.floor_batch", "--file", str(file))(seconds)

    return measure
