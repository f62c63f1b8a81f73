"""The life of one serving process: start, serve until it is told to stop, drain, end."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, nullcontext
from types import FrameType

import uvloop

from server.bootstrap.board import Place
from server.bootstrap.core import Core
from server.bootstrap.doors import Doors
from server.bootstrap.first_key import KEY_SECONDS, announce_key, ensure_key
from server.bootstrap.stores import open_store
from server.bootstrap.welcome import announce, configure_logging, http_url
from server.settings import Settings

logger = logging.getLogger("tracking")

_SWITCH_SECONDS = 0.0005
"""How long the event loop may keep the interpreter from the store's writer, which needs little of it."""
_COLLECTOR_THRESHOLDS = (20_000, 20, 50)
_M_ARENA_MAX = -8
"""glibc's `malloc.h`: how many heaps there may be."""
_NOTICE_SECONDS = 0.5
"""How long readiness is down before the doors close, so that whoever sends requests here sees it first."""
LAST_COMMIT_SECONDS = 5.0
"""What the last commits may take beyond the drain."""


def serve(settings: Settings) -> int:
    """Run the service until a signal ends it; the exit code. Raises Refused if it cannot start."""
    configure_logging(settings)
    process = Process(settings)
    return process.run(_stop_signal)


class Process:
    """One process: all there is of the service, or a worker, which has a `place` on the board.

    `makes_keys`: it makes sure of the first key. `on_open` is called once the doors are open.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        place: Place | None = None,
        makes_keys: bool = True,
        on_open: Callable[[Doors], None] | None = None,
    ) -> None:
        self._settings = settings
        self._place = place
        self._makes_keys = makes_keys
        self._on_open = on_open or self._announce

    def run(self, stop_signal: "Callable[[], asyncio.Future[None]]") -> int:
        """Serve until the future that `stop_signal` gives is done; the exit code. Raises Refused."""
        prepare_interpreter()
        if self._settings.doors == ("otlp",):
            _share_one_heap()
        return uvloop.run(self._run(stop_signal))

    async def _run(self, stop_signal: "Callable[[], asyncio.Future[None]]") -> int:
        stop = stop_signal()
        async with AsyncExitStack() as stack:
            core = await self._open_core(stack)
            doors = Doors()
            # A store that is away is waited for behind open doors, which say so; any other start has its key first.
            key = await self._begin_key(core, stack)
            await doors.open(core.services, self._settings)
            await doors.set_serving(serving=True)
            self._on_open(doors)
            if key is not None:
                url = self._settings.public_url or http_url(
                    self._settings, doors.ports.http_port or self._settings.http_port
                )
                if key.done():
                    # At once: whoever waits for readiness finds the key printed.
                    announce_key(url, key)
                else:
                    key.add_done_callback(lambda key: announce_key(url, key))
            await asyncio.wait((stop, core.broken), return_when=asyncio.FIRST_COMPLETED)
            await self._drain(core, doors)
        if core.broken.done():
            logger.critical("The service ends: %s", core.broken.result().description)
            return 1
        logger.info("Stopped. Everything that was acknowledged is stored.")
        return 0

    async def _open_core(self, stack: AsyncExitStack) -> Core:
        add_others = None if self._place is None else self._place.total
        core = Core(await open_store(self._settings), self._settings, add_others=add_others)
        await stack.enter_async_context(nullcontext() if self._place is None else self._place.kept(core.take_snapshot))
        stack.push_async_callback(core.close)
        core.start()
        return core

    async def _begin_key(self, core: Core, stack: AsyncExitStack) -> "asyncio.Task[str | None] | None":
        if not self._makes_keys:
            return None
        key = asyncio.create_task(ensure_key(core.services.administration, self._settings))
        stack.callback(key.cancel)
        await asyncio.wait((key,), timeout=KEY_SECONDS)
        return key

    async def _drain(self, core: Core, doors: Doors) -> None:
        _end_anyway_after(self._settings.drain_seconds + LAST_COMMIT_SECONDS)
        core.readiness.drain()
        await doors.set_serving(serving=False)
        if not core.broken.done():
            await asyncio.sleep(_NOTICE_SECONDS)
        await doors.drain(self._settings.drain_seconds)

    def _announce(self, doors: Doors) -> None:
        announce(self._settings, doors.ports)


def prepare_interpreter() -> None:
    """Let threads take turns often enough for a store that writes on one, and seldom look for garbage.

    What a request allocates dies by its reference counts. A batch allocates tens of thousands of objects, and with
    Python's own thresholds the collector would walk through all modules several times while it is decoded.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)


def _share_one_heap() -> None:
    """Let all threads take memory from one heap, so that what one of them gave back serves the next.

    gRPC inflates a message on any of its threads, and glibc's heap of a thread keeps what it once had: the largest
    message there may be, once for each thread. Other C libraries have no such heaps. Threads that wait for one another
    make small calls a fifth dearer: so this is for the bridge alone, which has the large messages.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


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
