"""What a person sees when the service starts."""

import asyncio
import logging

from server.bootstrap.doors import Doors
from server.bootstrap.listening import host_and_port
from server.settings import Settings

logger = logging.getLogger("tracking")


def announce(settings: Settings, doors: Doors) -> None:
    """Say where the doors are."""
    if doors.http_port is not None:
        logger.info("HTTP listens at %s", _url(settings, doors.http_port))
    if doors.grpc_port is not None:
        address = host_and_port(settings.host, doors.grpc_port)
        logger.info("gRPC listens at %s%s", address, " (TLS)" if settings.tls_certificate else "")
    if settings.ignored_variables:
        logger.info("Ignored, as they are somebody else's: %s", ", ".join(settings.ignored_variables))


def announce_key(settings: Settings, doors: Doors, key: "asyncio.Future[str | None]") -> None:
    """On the very first start, once there is a key: show it, and a command that uses it."""
    if key.cancelled() or (secret := key.result()) is None:
        return
    url = settings.public_url or _url(settings, doors.http_port or settings.http_port)
    print(_FIRST_START.format(secret=secret, url=url.rstrip("/")), flush=True)


def _url(settings: Settings, port: int) -> str:
    return f"{'https' if settings.tls_certificate else 'http'}://{host_and_port(settings.host, port)}"


_FIRST_START = """
This is the first start. Organisation 'default' was created, with an API key that is shown only now:

    {secret}

Send a first event:

    curl -X POST "{url}/api/v1/tracking/log" \\
      -H "Content-Type: application/json" \\
      -H "Authorization: Bearer {secret}" \\
      -d '{{"message": "Hello from curl", "level": "success"}}'

and find it again:

    curl "{url}/api/v1/tracking/entries" -H "Authorization: Bearer {secret}"
"""
