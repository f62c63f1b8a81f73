"""Entries for the eye: a table on a terminal, lines with tabs in a pipe, JSON lines for programs.

What a log says may not steer the terminal: whatever is not visible is replaced.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from tracking.v1.entry_pb2 import Entry

from server.client.entry_json import entry_fields, nanoseconds_of
from server.core.instants import format_rfc3339
from server.core.model import Level

COLOURS = {
    Level.INFO: "cyan",
    Level.SUCCESS: "green",
    Level.WARNING: "yellow",
    Level.ERROR: "red",
    Level.CRITICAL: "bold white on red",
}
_LONGEST_LINE = 1000
_NARROW = 80
"""Columns of a terminal."""
_SERVICE_WIDTH = 16


def print_json(entries: Iterable[Entry]) -> None:
    """REST's JSON object of each entry, one a line."""
    encode = msgspec.json.Encoder().encode
    for entry in entries:
        print(encode(entry_fields(entry)).decode())


def print_lines(entries: Iterable[Entry]) -> None:
    """Time (RFC 3339), level, count, service, id and message of each entry, with tabs between them."""
    for entry in entries:
        time = format_rfc3339(nanoseconds_of(entry.event_time))
        columns = (time, _word(entry), str(entry.event_count), entry.service, entry.id, first_line(entry.message))
        print("\t".join(visible(column) for column in columns))


def print_table(entries: Iterable[Entry]) -> None:
    """A table as wide as the terminal, in local time; a narrow one has no room for the service."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=sys.stdout)
    with_service = console.width >= _NARROW
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("TIME", no_wrap=True)
    table.add_column("LEVEL", no_wrap=True)
    table.add_column("COUNT", no_wrap=True, justify="right")
    if with_service:
        table.add_column("SERVICE", no_wrap=True, overflow="ellipsis", max_width=_SERVICE_WIDTH)
    table.add_column("MESSAGE", no_wrap=True, overflow="ellipsis", ratio=1)
    for entry in entries:
        service = [Text(visible(entry.service))] if with_service else []
        level = Text(_word(entry), COLOURS[Level(entry.level)])
        message = Text(visible(first_line(entry.message)))
        table.add_row(local_time(entry), level, str(entry.event_count), *service, message)
    if table.row_count:
        console.print(table)
    else:
        print("No entries.")


def local_time(entry: Entry) -> str:
    """When the entry happened, in the time zone of this machine, to the second."""
    return f"{datetime.fromtimestamp(entry.event_time.seconds, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def first_line(message: str) -> str:
    """The first line that has something on it, not endlessly long."""
    return next((line.strip() for line in message.splitlines() if line.strip()), "")[:_LONGEST_LINE]


def visible(text: str) -> str:
    """The text with U+FFFD for what a terminal might obey."""
    return "".join(_visible_characters(text))


def _visible_characters(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _word(entry: Entry) -> str:
    return Level(entry.level).word
