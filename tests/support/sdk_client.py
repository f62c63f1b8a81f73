"""A program that logs through the OpenTelemetry SDK, as its manual says."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import grpc
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.resources import Resource

from tests.support.service import BOOTSTRAP_KEY

_SECONDS = 30.0
_HEADERS = {"authorization": f"Bearer {BOOTSTRAP_KEY}"}


def sdk_exporter(port: int, *, over_grpc: bool) -> LogRecordExporter:
    """The SDK's exporter of a transport, with compression."""
    if over_grpc:
        return GrpcExporter(
            endpoint=f"http://127.0.0.1:{port}", headers=_HEADERS, compression=grpc.Compression.Gzip, timeout=_SECONDS
        )
    endpoint = f"http://127.0.0.1:{port}/v1/logs"
    return HttpExporter(endpoint=endpoint, headers=_HEADERS, compression=Compression.Gzip, timeout=_SECONDS)


@contextmanager
def sdk_logging(exporter: LogRecordExporter) -> Iterator[logging.Logger]:
    """A logger whose records have been exported, or given up, when the block has ended."""
    provider = LoggerProvider(Resource.create({"service.name": "sdk"}), shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = logging.getLogger(f"sdk-{uuid4()}")
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield logger
        provider.force_flush()
    finally:
        logger.removeHandler(handler)
        provider.shutdown()


def log_numbers(exporter: LogRecordExporter, records: int) -> None:
    """Log the numbers below `records`, and return when they are exported."""
    with sdk_logging(exporter) as logger:
        for number in range(records):
            logger.warning("Record %d", number, extra={"number": number})
