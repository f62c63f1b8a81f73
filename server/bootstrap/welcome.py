"""What a person reads while the service starts."""

import logging
import sys

from server.bootstrap.listening import Ports, host_and_port
from server.settings import Settings

logger = logging.getLogger("tracking")


LOG_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"


def configure_logging(settings: Settings, *, name_process: bool = False) -> None:
    """What is logged goes to standard error. `name_process`: each line says which process it is of."""
    form = LOG_FORMAT.replace("%(name)s", "%(name)s[%(process)d]") if name_process else LOG_FORMAT
    logging.basicConfig(level=settings.log_level.upper(), format=form, stream=sys.stderr)


def configure_logging_beside(settings: Settings) -> None:
    """The same for our own words alone, in a process that is another program's."""
    logger.setLevel(settings.log_level.upper())
    if not logging.getLogger().handlers and not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(LOG_FORMAT))
        logger.addHandler(handler)
        logger.propagate = False


def announce(settings: Settings, ports: Ports) -> None:
    """Say where the doors are."""
    if ports.http_port is not None:
        logger.info("HTTP listens at %s", http_url(settings, ports.http_port))
    if ports.grpc_port is not None:
        logger.info("gRPC listens at %s", grpc_address(settings, ports.grpc_port))
    if ports.otlp_grpc_port is not None and ports.otlp_http_port is not None:
        logger.info(
            "OTLP listens at %s (gRPC) and %s (HTTP)",
            grpc_address(settings, ports.otlp_grpc_port),
            http_url(settings, ports.otlp_http_port),
        )
    if settings.ignored_variables:
        logger.info("Ignored, as they are somebody else's: %s", ", ".join(settings.ignored_variables))


def http_url(settings: Settings, port: int) -> str:
    """Where an HTTP door is."""
    return f"{'https' if settings.tls_certificate else 'http'}://{host_and_port(settings.host, port)}"


def grpc_address(settings: Settings, port: int) -> str:
    """Where a gRPC door is."""
    return f"{host_and_port(settings.host, port)}{' (TLS)' if settings.tls_certificate else ''}"
