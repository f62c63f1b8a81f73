"""The rows of OTLP: the service against its floors, and against a real Collector on the same load."""

from collections.abc import Callable

from bench.collector import file_collector, queue_collector
from bench.measurement import Measurement
from bench.row import Measure, Row, run_module
from bench.stage import Running, Stage

_IN_FLIGHT = 4
_MANY = 1000


def otlp_rows() -> list[Row]:
    """All of them, in the order of the table."""
    return [
        *(_grpc_to_rows(records) for records in (100, 512, _MANY)),
        _to_decoding(),
        _http_to_grpc(),
        *(_http_to_rows(encoding, records) for encoding in ("protobuf", "gzip", "json") for records in (100, _MANY)),
        _mongodb(),
        _to_collector("file", "writing to a file, without fsync", file_collector),
        _to_collector("queue", "with a persistent queue, fsynced", queue_collector),
    ]


def _grpc_to_rows(records: int) -> Row:
    return Row(
        name=f"otlp-grpc-{records}",
        title=f"OTLP/gRPC, {records} records a request, to decoding, translating and raw `executemany`",
        contestants=lambda stage: (_floor(stage, "rows", records), _send(stage, stage.service(), records)),
        least_rate_ratio=0.5 if records == _MANY else None,
    )


def _to_decoding() -> Row:
    return Row(
        name="otlp-decoding",
        title=f"OTLP/gRPC, {_MANY} records a request, to decoding alone",
        contestants=lambda stage: (_floor(stage, "decode", _MANY), _send(stage, stage.service(), _MANY)),
    )


def _http_to_grpc() -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        service = stage.service()
        return _send(stage, service, _MANY), _send(stage, service, _MANY, protocol="http")

    return Row(
        name="otlp-http",
        title=f"OTLP/HTTP protobuf, {_MANY} records a request, to OTLP/gRPC",
        contestants=contestants,
        least_rate_ratio=1.0,
    )


def _http_to_rows(encoding: str, records: int) -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        return _floor(stage, "rows", records), _send(
            stage, stage.service(), records, protocol="http", encoding=encoding
        )

    words = {"protobuf": "protobuf", "gzip": "protobuf with gzip", "json": "JSON"}[encoding]
    return Row(
        name=f"otlp-http-{encoding}-{records}",
        title=f"OTLP/HTTP {words}, {records} records a request, to the same floor, which decodes protobuf",
        contestants=contestants,
    )


def _mongodb() -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        url = stage.mongodb()
        floor = run_module(stage, "bench.floor_otlp", "--kind", "documents", "--records", str(_MANY), "--url", url)
        return floor, _send(stage, stage.service(url), _MANY)

    return Row(
        name="otlp-mongodb",
        title=f"MongoDB: OTLP/gRPC, {_MANY} records a request, to decoding, translating, BSON and raw `insert_many`",
        contestants=contestants,
    )


def _to_collector(name: str, words: str, start: Callable[[Stage], Running]) -> Row:
    def contestants(stage: Stage) -> tuple[Measure, Measure]:
        return _send(stage, start(stage), _MANY), _send(stage, stage.service(), _MANY)

    return Row(
        name=f"otlp-collector-{name}",
        title=f"OTLP/gRPC, {_MANY} records a request, to the Collector {words}",
        contestants=contestants,
    )


def _floor(stage: Stage, kind: str, records: int) -> Measure:
    def measure(seconds: int) -> Measurement:
        arguments = ["--kind", kind, "--records", str(records), "--file", str(stage.fresh_file("floor.db"))]
        return run_module(stage, "bench.floor_otlp", *arguments)(seconds)

    return measure


def _send(
    stage: Stage, server: Running, records: int, *, protocol: str = "grpc", encoding: str = "protobuf"
) -> Measure:
    port = server.otlp_grpc_port if protocol == "grpc" else server.otlp_http_port
    arguments = ["--protocol", protocol, "--encoding", encoding, "--address", f"127.0.0.1:{port}"]
    arguments += ["--records", str(records), "--in-flight", str(_IN_FLIGHT), "--server-pid", str(server.pid)]
    return run_module(stage, "bench.otlp_client", *arguments)
