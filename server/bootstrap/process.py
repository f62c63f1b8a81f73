"""The life of one server process: start, serve until a signal, drain, end."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from types import FrameType

import uvloop

from server.bootstrap.core import Core
from server.bootstrap.doors import Doors
from server.bootstrap.stores import open_store
from server.bootstrap.welcome import announce, announce_key
from server.core.administration import Administration
from server.core.errors import StoreUnavailable
from server.settings import Settings

logger = logging.getLogger("tracking")

_SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the interpreter from the store's writer, which needs little of it."""
_NOTICE_SECONDS = 0.5
"""How long readiness is down before the doors close, so that whoever sends requests here sees it first."""
_KEY_SECONDS = 2.0
"""How long a start waits for the store before it opens the doors, and between two looks after that."""
_LAST_COMMIT_SECONDS = 5.0
"""What the last commits may take beyond the drain."""


def serve(settings: Settings) -> int:
    """Run the service until a signal ends it; the exit code. Raises Refused if it cannot start."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)-8s %(name)s: %(message)s", stream=sys.stderr
    )
    sys.setswitchinterval(_SWITCH_SECONDS)
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stop = _stop_signal()
    async with AsyncExitStack() as stack:
        core = Core(await open_store(settings), settings)
        stack.push_async_callback(core.close)
        core.start()
        # A store that is away is waited for behind open doors, which say so; any other start has its key first.
        key = asyncio.create_task(_ensure_key(core.services.administration, settings))
        stack.callback(key.cancel)
        await asyncio.wait((key,), timeout=_KEY_SECONDS)
        doors = Doors()
        await doors.open(core.services, settings)
        await doors.set_serving(serving=True)
        announce(settings, doors)
        key.add_done_callback(lambda _: announce_key(settings, doors, key))
        await asyncio.wait((stop, core.broken), return_when=asyncio.FIRST_COMPLETED)
        _end_anyway_after(settings.drain_seconds + _LAST_COMMIT_SECONDS)
        core.readiness.drain()
        await doors.set_serving(serving=False)
        if not core.broken.done():
            await asyncio.sleep(_NOTICE_SECONDS)
        await doors.drain(settings.drain_seconds)
    if core.broken.done():
        logger.critical("The service ends: %s", core.broken.result().description)
        return 1
    logger.info("Stopped. Everything that was acknowledged is stored.")
    return 0


async def _ensure_key(administration: Administration, settings: Settings) -> str | None:
    """The secret of a first key, if there had to be one; waits for a store that is away."""
    while True:
        try:
            if settings.bootstrap_api_key is None:
                return await administration.ensure_first_key()
            await administration.ensure_bootstrap_key(settings.bootstrap_api_key)
        except StoreUnavailable as error:
            logger.warning("No key can be made sure of yet: %s", error.description)
            await asyncio.sleep(_KEY_SECONDS)
        else:
            return None


def _stop_signal() -> "asyncio.Future[None]":
    """Done with the first signal; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_signal() -> None:
        if stop.done():
            os._exit(1)
        logger.info("Stopping: what is under way is finished first. A second signal ends it at once.")
        stop.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


def _end_anyway_after(seconds: float) -> None:
    """A store or a client that hangs does not keep the process: the alarm needs no event loop."""

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        logger.critical("The drain took longer than %s s; the process ends now.", seconds)
        os._exit(1)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
