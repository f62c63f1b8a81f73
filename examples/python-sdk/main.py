"""A program whose logging goes to the tracking service, by way of the OpenTelemetry SDK.

The SDK's own variables say where that is, and with which key: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS.
"""

import logging

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

ABOUT = {"service.name": "shop", "service.version": "1.2.3", "deployment.environment.name": "production"}

log = logging.getLogger("shop.payments")


def main() -> None:
    """Log what happens to an order."""
    provider = LoggerProvider(Resource.create(ABOUT))
    # Sends in the background, and again for half a minute if the service cannot take it.
    exporter = OTLPLogExporter(compression=Compression.Gzip, timeout=30)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    # basicConfig would give it a formatter, which writes the level into the message.
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(LoggingHandler(logger_provider=provider))

    take_order(25000233)

    # What waits is sent before the program ends.
    provider.shutdown()


def take_order(order_id: int) -> None:
    """An order that cannot be paid."""
    log.info("Order %d received", order_id, extra={"orderId": order_id})
    try:
        charge(order_id)
    except TimeoutError:
        extra = {"orderId": order_id, "tracking.debounce": True, "tracking.debounce.max_interval": "1h"}
        log.exception("Payment failed", extra=extra)


def charge(order_id: int) -> None:
    """The bank is not to be reached today."""
    raise TimeoutError(f"no answer to the charge of order {order_id}")


if __name__ == "__main__":
    main()
