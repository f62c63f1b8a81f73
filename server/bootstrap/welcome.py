"""What a person reads while the service starts."""

import logging
import sys

from server.bootstrap.listening import host_and_port
from server.settings import Settings

logger = logging.getLogger("tracking")


_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"


def configure_logging(settings: Settings, *, name_process: bool = False) -> None:
    """What is logged goes to standard error. `name_process`: each line says which process it is of."""
    form = _FORMAT.replace("%(name)s", "%(name)s[%(process)d]") if name_process else _FORMAT
    logging.basicConfig(level=settings.log_level.upper(), format=form, stream=sys.stderr)


def configure_logging_beside(settings: Settings) -> None:
    """The same for our own words alone, in a process that is another program's."""
    logger.setLevel(settings.log_level.upper())
    if not logging.getLogger().handlers and not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
        logger.propagate = False


def announce(settings: Settings, *, http_port: int | None, grpc_port: int | None) -> None:
    """Say where the doors are; None = that door is closed."""
    if http_port is not None:
        logger.info("HTTP listens at %s", http_url(settings, http_port))
    if grpc_port is not None:
        address = host_and_port(settings.host, grpc_port)
        logger.info("gRPC listens at %s%s", address, " (TLS)" if settings.tls_certificate else "")
    if settings.ignored_variables:
        logger.info("Ignored, as they are somebody else's: %s", ", ".join(settings.ignored_variables))


def http_url(settings: Settings, port: int) -> str:
    """Where the HTTP door is."""
    return f"{'https' if settings.tls_certificate else 'http'}://{host_and_port(settings.host, port)}"
