"""Ports for servers to listen on, one of them over its restarts."""

import socket
from random import SystemRandom

_FIRST, _LAST = 20_000, 30_000
"""Below what systems give to clients: else a client that knocks while nobody listens may get the port itself."""


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def steady_port() -> int:
    """A port that was free a moment ago, and that nobody gets by chance."""
    while True:
        port = SystemRandom().randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
