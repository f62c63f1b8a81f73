"""One door on one socket: start, stop accepting, drain. Signals and the event loop belong to the process."""

import asyncio
from functools import partial
from socket import socket
from ssl import SSLContext
from typing import Any, cast

from sanic.application.state import ApplicationServerInfo
from sanic.http import Http
from sanic.http.constants import HTTP
from sanic.server import serve

from server.transport.http.app import App
from server.transport.http.connections import Connections
from server.transport.http.deadlines import Deadlines
from server.transport.http.protocol import TrackingHttpProtocol

_BACKLOG = 4096
_TLS_CLOSE_SECONDS = 5.0


class HttpServer:
    """Serves one application on one bound socket, on the running loop."""

    def __init__(self, server: Any, connections: Connections) -> None:
        self._server = server
        self._connections = connections

    @classmethod
    async def start(
        cls, app: App, sock: socket, *, ssl: SSLContext | None = None, deadlines: Deadlines | None = None
    ) -> "HttpServer":
        """Begin to accept connections; the socket is closed with the server."""
        deadlines = deadlines or Deadlines()
        connections = Connections(deadlines)
        _rewrite_sanic_once(app)
        # What `app.create_server` does but for its advice on the terminal.
        server: Any = await serve(
            host=None,
            port=None,
            app=app,
            ssl=ssl,
            sock=sock,
            loop=asyncio.get_running_loop(),
            protocol=cast(Any, partial(TrackingHttpProtocol, watch=connections)),
            backlog=_BACKLOG,
            run_async=True,
            asyncio_server_kwargs={"start_serving": False, **_tls_deadlines(ssl, deadlines)},
        )
        await server.startup()
        await server.start_serving()
        connections.watch()
        return cls(server, connections)

    @property
    def open_connections(self) -> int:
        """Connections that are open now."""
        return len(self._connections.open)

    def stop_accepting(self) -> None:
        """Accept no new connection; those that are open go on."""
        self._server.server.close()

    async def drain(self, *, timeout_seconds: float) -> int:
        """Stop: answer what is under way, each answer the last of its connection, and close what is idle.

        Ends when every connection is closed; what is still open after `timeout_seconds` is cut off. Returns how
        many those were.
        """
        self.stop_accepting()
        return await self._connections.drain(timeout_seconds)


def _rewrite_sanic_once(app: App) -> None:
    # At its start Sanic compiles its own methods anew, without the signals that nobody listens to, but only once.
    app.config.TOUCHUP = not getattr(Http, "__touched__", False)
    # Whoever serves HTTP/1.1 alone advertises no other version.
    app.state.server_info.append(ApplicationServerInfo(settings={"version": HTTP.VERSION_1}))


def _tls_deadlines(ssl: SSLContext | None, deadlines: Deadlines) -> dict[str, float]:
    if ssl is None:
        return {}
    return {"ssl_handshake_timeout": deadlines.head_seconds, "ssl_shutdown_timeout": _TLS_CLOSE_SECONDS}
