"""What a person sees when the service starts."""

import logging

from server.bootstrap.doors import Doors
from server.settings import Settings

logger = logging.getLogger("tracking")


def announce(settings: Settings, doors: Doors, secret: str | None) -> None:
    """Say where the doors are and, on the very first start, the key and a command that uses it."""
    scheme = "https" if settings.tls_certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    if doors.http_port is not None:
        logger.info("HTTP listens at %s://%s:%d", scheme, host, doors.http_port)
    if doors.grpc_port is not None:
        logger.info("gRPC listens at %s:%d%s", host, doors.grpc_port, " (TLS)" if settings.tls_certificate else "")
    if settings.ignored_variables:
        logger.info("Ignored, as they are somebody else's: %s", ", ".join(settings.ignored_variables))
    if secret is not None:
        url = settings.public_url or f"{scheme}://{host}:{doors.http_port}"
        print(_FIRST_START.format(secret=secret, url=url.rstrip("/")), flush=True)


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
