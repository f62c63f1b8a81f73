"""The HTTP doors alone, as an ASGI application: sockets, heads and deadlines are those of the server around it."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

from otel_bridge.receiver import Receiver
from server.bootstrap.applications import main_app
from server.bootstrap.asgi_signals import heard
from server.bootstrap.core import Core
from server.bootstrap.first_key import KEY_SECONDS, announce_key, ensure_key
from server.bootstrap.process import prepare_interpreter
from server.bootstrap.stores import open_store
from server.bootstrap.welcome import configure_logging_beside
from server.core.errors import Refused, TrackingError
from server.settings import Settings, read_settings
from server.transport.http.app import App

logger = logging.getLogger("tracking")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class AsgiDoors:
    """Opens the store as the lifespan begins and closes it, with everything committed, as it ends."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._app: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif self._app is None:
            raise RuntimeError("The store is opened by ASGI's lifespan events: they must be switched on.")
        else:
            await self._app(scope, receive, send)

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        startup = await receive()
        async with AsyncExitStack() as stack:
            app = await self._open_or_tell(stack)
            if isinstance(app, Refused):
                await _refuse(app, send)
                return
            self._app = app

            async def receive_again() -> Message:
                nonlocal startup
                if startup:
                    message, startup = startup, {}
                    return message
                message = await receive()
                # Sanic answers this one; by then everything has to be committed.
                await stack.aclose()
                return message

            await app(scope, receive_again, send)

    async def _open_or_tell(self, stack: AsyncExitStack) -> App | Refused:
        try:
            return await self._open(stack)
        except Refused as refused:
            return refused

    async def _open(self, stack: AsyncExitStack) -> App:
        settings = read_settings(self._environment, {})
        configure_logging_beside(settings)
        prepare_interpreter()
        core = Core(await open_store(settings), settings)
        stack.push_async_callback(_close, core)
        core.broken.add_done_callback(_end)
        core.start()
        loop = asyncio.get_running_loop()
        stack.enter_context(heard(lambda: loop.call_soon_threadsafe(core.readiness.drain)))
        key = asyncio.create_task(ensure_key(core.services.administration, settings))
        stack.callback(key.cancel)
        key.add_done_callback(lambda key: announce_key(_url(settings), key))
        await asyncio.wait((key,), timeout=KEY_SECONDS)
        return main_app(core.services, Receiver(core.services))


async def _refuse(refused: Refused, send: Send) -> None:
    line = f"tracking: {refused.description}"
    try:
        await send({"type": "lifespan.startup.failed", "message": line})
    except Exception:  # noqa: BLE001 - each server has its own
        # A server that answers with an exception would end by it, and print our line inside a page of its own frames.
        print(line, file=sys.stderr, flush=True)
        os._exit(refused.exit_code)


async def _close(core: Core) -> None:
    core.readiness.drain()
    await core.close()
    if not core.broken.done():
        logger.info("Stopped. Everything that was acknowledged is stored.")


def _end(broken: "asyncio.Future[TrackingError]") -> None:
    # The process is the server's: it is asked to end as an operator would.
    if not broken.cancelled():
        logger.critical("The service ends: %s", broken.result().description)
        signal.raise_signal(signal.SIGTERM)


def _url(settings: Settings) -> str:
    return settings.public_url or "http://HOST:PORT"
