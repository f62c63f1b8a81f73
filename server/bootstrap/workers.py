"""`serve --workers N`: N serving processes on the same ports, started again when one dies, stopped together."""

import logging
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic
from types import FrameType

import msgspec

from server.bootstrap.board import Board
from server.bootstrap.listening import Ports, reserve
from server.bootstrap.process import LAST_COMMIT_SECONDS
from server.bootstrap.welcome import announce, configure_logging
from server.bootstrap.worker import SIGNALS, Assignment, Told, run_worker
from server.core.errors import Refused
from server.settings import Settings

logger = logging.getLogger("tracking")

_PORTS = {"http": ("http_port",), "grpc": ("grpc_port",), "otlp": ("otlp_grpc_port", "otlp_http_port")}
"""The ports of each door, by the name of their setting."""
_PAUSE_SECONDS = 1.0
"""Before a worker is started again: one that cannot live does not keep the machine busy."""
_LOOK_SECONDS = 0.2
_END_SECONDS = 2.0
"""What workers get beyond their own drain before they are ended."""


def serve_with_workers(settings: Settings) -> int:
    """Run workers until a signal; 0 if all of them ended well. Raises Refused if the service cannot start."""
    configure_logging(settings)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tracking-"))
        ports = {}
        for field in _ports_of(settings):
            flag = field.replace("_", "-")
            reserved = stack.enter_context(reserve(settings.host, getattr(settings, field), flag))
            ports[field] = reserved.getsockname()[1]
        return Supervisor(msgspec.structs.replace(settings, **ports), Path(folder)).run()


class Worker:
    """One start of a worker, and what it told."""

    def __init__(self, process: SpawnProcess, connection: Connection, start: int) -> None:
        self.process = process
        self.start = start
        self.told: Told | None = None
        self.ended = False
        self._connection = connection

    def look(self) -> None:
        """Note whether it has ended, and what it has told by now."""
        # In this order: what it told before its end is there by now.
        self.ended = self.process.exitcode is not None
        with suppress(EOFError, OSError):
            if self.told is None and self._connection.poll():
                self.told = self._connection.recv()

    @property
    def ended_well(self) -> bool:
        # It dies of the signal only before it could listen to it, when it had not taken anything yet.
        return self.process.exitcode in (0, -signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        if self.process.pid is not None and self.process.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)


class Supervisor:
    """The parent of the workers; it serves nothing itself."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._board = Board(folder)
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[int, Worker] = {}
        self._due: dict[int, float] = {}
        self._starts = 0
        self._stopping = False

    def run(self) -> int:
        """Until a signal, or until the first start is refused; the exit code."""
        # It would let the signals through if it were started with the first worker.
        resource_tracker.ensure_running()
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        for place in range(self._settings.workers):
            self._start(place)
        try:
            self._wait_until_open()
            while not self._stopping:
                self._look_after_them()
        finally:
            ended_well = self._stop()
        if not ended_well:
            return 1
        logger.info("All workers have stopped. Everything that was acknowledged is stored.")
        return 0

    def _start(self, place: int) -> None:
        receiving, sending = self._context.Pipe(duplex=False)
        assignment = Assignment(settings=self._settings, folder=self._folder, start=self._starts, makes_keys=place == 0)
        # A worker listens to signals once it can end well, and the supervisor once it knows the worker.
        with _blocked_signals():
            process = self._context.Process(target=run_worker, args=(assignment, sending), name=f"worker-{place}")
            process.start()
            self._workers[place] = Worker(process, receiving, self._starts)
        sending.close()
        self._starts += 1

    def _wait_until_open(self) -> None:
        while not self._stopping and not all(worker.told == Told() for worker in self._workers.values()):
            self._wait()
            for worker in self._workers.values():
                if worker.told is not None and worker.told.refusal is not None:
                    raise Refused(worker.told.refusal, exit_code=worker.told.exit_code)
                if worker.ended and not self._stopping:
                    raise Refused(f"a worker ended as it started ({_end_of(worker)})")
        if not self._stopping:
            announce(
                self._settings, Ports(**{field: getattr(self._settings, field) for field in _ports_of(self._settings)})
            )
            logger.info("%d workers serve.", self._settings.workers)

    def _look_after_them(self) -> None:
        self._wait()
        now = monotonic()
        for place, worker in self._workers.items():
            if worker.ended and place not in self._due and not self._stopping:
                reason = worker.told.refusal if worker.told is not None else None
                logger.error("A worker ended (%s); another one is started.", reason or _end_of(worker))
                self._board.bury(worker.start, restarts=self._starts - self._settings.workers + len(self._due) + 1)
                self._due[place] = now + _PAUSE_SECONDS
        for place in [place for place, due in self._due.items() if due <= now and not self._stopping]:
            del self._due[place]
            self._start(place)

    def _wait(self) -> None:
        running = [worker.process.sentinel for worker in self._workers.values() if not worker.ended]
        wait(running, timeout=_LOOK_SECONDS)
        for worker in self._workers.values():
            worker.look()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._send_all(signal.SIGKILL)
            os._exit(1)
        logger.info("Stopping: what is under way is finished first. A second signal ends it at once.")
        self._stopping = True
        self._send_all(signal.SIGTERM)

    def _send_all(self, number: signal.Signals) -> None:
        for worker in self._workers.values():
            worker.send(number)

    def _stop(self) -> bool:
        """Wait for their ends; whether all were good ones."""
        if not self._stopping:
            self._send_all(signal.SIGTERM)
        deadline = monotonic() + self._settings.drain_seconds + LAST_COMMIT_SECONDS + _END_SECONDS
        for worker in self._workers.values():
            worker.process.join(max(0.0, deadline - monotonic()))
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()
        # One that had died before is told by its restart.
        return all(worker.ended_well or place in self._due for place, worker in self._workers.items())


def _ports_of(settings: Settings) -> list[str]:
    return [field for door in settings.doors for field in _PORTS[door]]


@contextmanager
def _blocked_signals() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _end_of(worker: Worker) -> str:
    code = worker.process.exitcode
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
