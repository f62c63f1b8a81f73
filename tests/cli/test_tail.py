"""`tracking tail`, against a real server."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import Server, Tracking
from tests.support.rest_client import rest_client
from tests.support.service import BOOTSTRAP_KEY, Service, environment, serving
from tests.support.waiting import eventually

_SECONDS = 20.0


class Tailing:
    """`tracking tail`, running. `lines` waits for what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def error_line(self) -> str:
        assert self.process.stderr is not None
        async with asyncio.timeout(_SECONDS):
            return (await self.process.stderr.readline()).decode().rstrip("\n")


@asynccontextmanager
async def tailing(folder: Path, service: Service, *words: str) -> AsyncIterator[Tailing]:
    known = {"TRACKING_ADDRESS": f"127.0.0.1:{service.grpc_port}", "TRACKING_API_KEY": BOOTSTRAP_KEY}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "tail", *words),
        cwd=folder,
        env=environment({}) | known,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Tailing(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def log(running: Service, message: str, **fields: object) -> None:
    async with rest_client(running) as client:
        assert (await client.post("/log", {"message": message, **fields})).status == 200


async def follows(service: Service, count: int = 1) -> None:
    """Wait until so many tails are open."""
    async with rest_client(service) as client:

        async def so_many() -> bool:
            return await client.metric("tracking_tails") == count

        await eventually(so_many, timeout_seconds=_SECONDS)


async def test_entries_come_as_lines_and_ctrl_c_ends_it_without_a_word(tmp_path: Path) -> None:
    async with serving(tmp_path) as service, tailing(tmp_path, service, "level:error") as tail:
        await follows(service)
        await log(service, "not this one")
        await log(service, "this one", level="error", service="s")
        _, level, count, from_service, _, message = (await tail.line()).split("\t")
        assert (level, count, from_service, message) == ("error", "1", "s", "this one")
        tail.process.send_signal(signal.SIGINT)
        out, error = await tail.process.communicate()
        assert (out, error, tail.process.returncode) == (b"", b"", 130)
        await follows(service, 0)


async def test_a_server_that_is_restarted_is_found_again_and_what_is_missing_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        ports = {name: getattr(service, name) for name in ("http_port", "grpc_port")}
        service.settings.update(ports)
        async with tailing(tmp_path, service, "--json") as tail:
            await follows(service)
            await log(service, "before")
            assert json.loads(await tail.line())["message"] == "before"
            await service.stop()
            assert "lost" in await tail.error_line()
            await service.start()
            assert await tail.error_line() == "tracking: The server is back."
            assert json.loads(await tail.line()) == {"lost": {}}
            await log(service, "behind")
            assert json.loads(await tail.line())["message"] == "behind"


@contextmanager
def on_a_terminal(folder: Path, service: Service) -> Iterator[int]:
    """`tracking tail` on a terminal; what it shows can be read from this descriptor."""
    known = {"TRACKING_ADDRESS": f"127.0.0.1:{service.grpc_port}", "TRACKING_API_KEY": BOOTSTRAP_KEY}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "tail"],
        cwd=folder,
        env=environment({}) | known | {"TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


async def test_a_terminal_sees_levels_in_colour_and_nothing_that_steers_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        with on_a_terminal(tmp_path, service) as terminal:
            await follows(service)
            await log(service, "danger \x1b[2J", level="error", service="s")
            shown = (await asyncio.to_thread(os.read, terminal, 10_000)).decode()
    assert "\x1b[31merror" in shown
    assert "danger \N{REPLACEMENT CHARACTER}[2J" in shown


@pytest.mark.parametrize("words", [("level:",), ("--level", "loud"), ("--attribute", "x")], ids=" ".join)
def test_a_filter_that_cannot_be_is_refused_before_the_server_is_asked(
    tracking: Tracking, words: tuple[str, ...]
) -> None:
    done = tracking("tail", *words, TRACKING_ADDRESS="127.0.0.1:1", TRACKING_API_KEY="k")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tracking: ")


def test_a_server_that_is_not_there_is_told_at_once(tracking: Tracking) -> None:
    done = tracking("tail", TRACKING_ADDRESS="127.0.0.1:1", TRACKING_API_KEY="k")
    assert done.returncode == 1
    assert "no server can be reached at 127.0.0.1:1" in done.stderr


def test_a_wrong_key_is_told_at_once(tracking: Tracking, server: Server) -> None:
    done = tracking("tail", TRACKING_ADDRESS=server.grpc_address, TRACKING_API_KEY="wrong")
    assert done.returncode == 1
    assert "INVALID_API_KEY" in done.stderr
