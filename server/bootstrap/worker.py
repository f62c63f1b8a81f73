"""One of several serving processes on the same ports, as its supervisor starts it."""

import asyncio
import signal
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from server.bootstrap.board import Board, Place
from server.bootstrap.process import Process
from server.bootstrap.welcome import configure_logging
from server.core.errors import Refused
from server.settings import Settings

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told: `start` is the number of this start, which no other has had."""

    settings: Settings
    folder: Path
    start: int
    makes_keys: bool


class Told(msgspec.Struct, frozen=True):
    """What a worker tells once: that it serves, or why it was refused."""

    refusal: str | None = None
    exit_code: int = 0


def run_worker(assignment: Assignment, supervisor: Connection) -> None:
    """Serve until told to stop, then exit; what is refused is told to the supervisor alone."""
    configure_logging(assignment.settings, name_process=True)
    process = Process(
        assignment.settings,
        place=Place(Board(assignment.folder), assignment.start),
        makes_keys=assignment.makes_keys,
        on_open=lambda _doors: supervisor.send(Told()),
    )
    try:
        code = process.run(_stop)
    except Refused as error:
        supervisor.send(Told(error.description, error.exit_code))
        code = error.exit_code
    raise SystemExit(code)


def _stop() -> "asyncio.Future[None]":
    """Done with the first signal, or when the supervisor is gone.

    More signals change nothing: a terminal or a service manager sends the same one to each process, beside the
    supervisor, and it is the supervisor that a second one asks to end at once.
    """
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_stop() -> None:
        if not stop.done():
            stop.set_result(None)

    def on_orphaned() -> None:
        loop.remove_reader(supervisor)
        on_stop()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_stop)
    parent = parent_process()
    assert parent is not None
    supervisor = parent.sentinel
    loop.add_reader(supervisor, on_orphaned)
    # Until here they waited: the supervisor starts its workers with both blocked.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return stop
