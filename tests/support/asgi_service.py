"""`server.asgi:app` under an ASGI server, in a process of its own."""

import re
import signal
from pathlib import Path

from tests.support.service import Service

SERVERS = {
    "uvicorn": ("-m", "uvicorn", "server.asgi:app", "--port", "0"),
    "hypercorn": ("-m", "hypercorn", "server.asgi:app", "--bind", "127.0.0.1:0"),
}


class AsgiService(Service):
    """The HTTP doors alone; the port is the server's."""

    http_line = re.compile(r"unning on http://127\.0\.0\.1:(\d+)")
    # Behind its own end uvicorn ends by the signal that it was sent.
    good_ends = (0, -signal.SIGTERM)

    def __init__(self, folder: Path, server: str, **settings: object) -> None:
        super().__init__(folder, doors="http", **settings)
        self.command = SERVERS[server]
