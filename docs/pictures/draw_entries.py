"""Draws entries.svg: what `tracking entries` shows on a terminal, over a service that runs for it.

.venv/bin/python docs/pictures/draw_entries.py [FILE]
"""

import fcntl
import io
import os
import pty
import re
import secrets
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text
from tracking.v1.log_event_pb2 import LogEvent

from server.client.calls import send_event
from server.client.connection import Target

COMMAND = [sys.executable, "-m", "server"]
COLUMNS, ROWS = 108, 24
OTHERS = re.compile("TRACKING_|(COLUMNS|LINES|NO_COLOR|FORCE_COLOR|TTY_)")
BEGIN = datetime(2026, 11, 24, 10, 15, 30, tzinfo=UTC)
EVENTS: tuple[tuple[int, str, str, str, str], ...] = (
    (0, "LEVEL_INFO", "shop", "Cache warmed: 1200 articles in 312 ms", ""),
    (41, "LEVEL_SUCCESS", "shop", "Order 25000231 paid", ""),
    (55, "LEVEL_WARNING", "warehouse", "Stock of article 4711 is low: 3 left", ""),
    (72, "LEVEL_ERROR", "checkout", "Payment callback failed: no transId (orderId=25000233)", "callback"),
    (74, "LEVEL_ERROR", "checkout", "Payment callback failed: no transId (orderId=25000234)", "callback"),
    (79, "LEVEL_ERROR", "checkout", "Payment callback failed: no transId (orderId=25000237)", "callback"),
    (90, "LEVEL_CRITICAL", "checkout", "The payment provider does not answer", ""),
    (93, "LEVEL_SUCCESS", "billing", "Invoice 2026-0815 sent", ""),
)
"""Seconds after the begin, level, service, message, debounce key."""


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "entries.svg"
    key = secrets.token_hex(16)
    with TemporaryDirectory() as folder, service(Path(folder), key) as address:
        log_events(Target(address=address, api_key=key))
        shown = on_a_terminal([*COMMAND, "entries"], environment(TRACKING_ADDRESS=address, TRACKING_API_KEY=key))
    target.write_text(picture_of("$ .venv/bin/tracking entries\n" + shown))


@contextmanager
def service(folder: Path, key: str) -> Iterator[str]:
    """A service with this key; its gRPC address."""
    ports = ["--doors", "grpc", "--grpc-port", "0"]
    process = subprocess.Popen(
        [*COMMAND, "serve", *ports],
        cwd=folder,
        env=environment(TRACKING_BOOTSTRAP_API_KEY=key),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        yield next(found[1] for line in process.stderr if (found := re.search(r"gRPC listens at (\S+)", line)))
    finally:
        process.terminate()
        process.communicate()


def log_events(target: Target) -> None:
    for seconds, level, source, message, debounce_key in EVENTS:
        event = LogEvent(message=message, level=level, service=source)
        event.event_time.FromDatetime(BEGIN + timedelta(seconds=seconds))
        if debounce_key:
            event.debounce.key = debounce_key
        send_event(target, event)


def on_a_terminal(command: list[str], variables: dict[str, str]) -> str:
    """What a command prints on a terminal, colours included."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(command, stdout=its, env={**variables, "TERM": "xterm-256color", "TZ": "UTC"})
    os.close(its)
    pieces = []
    try:
        while piece := os.read(ours, 65_536):
            pieces.append(piece)
    except OSError:
        # How Linux says that nobody holds the terminal any more.
        pass
    os.close(ours)
    assert process.wait() == 0
    return b"".join(pieces).decode().replace("\r\n", "\n")


def picture_of(text: str) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text.rstrip("\n")))
    svg = console.export_svg(title="tracking entries", unique_id="entries")
    # The fonts would come from elsewhere; every system has a monospaced one.
    svg = re.sub(r"\s*@font-face \{.*?\n    \}", "", svg, flags=re.DOTALL)
    # Some programs would close up rows of spaces.
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process, without what was set for another service or another terminal."""
    inherited = {name: value for name, value in os.environ.items() if not OTHERS.match(name)}
    return {**inherited, **variables}


if __name__ == "__main__":
    main()
