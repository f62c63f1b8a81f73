"""A live tail for the eye, line by line; JSON for programs. What is no entry is told on standard error."""

import sys
from typing import Any, Protocol

import msgspec
from tracking.v1.entry_pb2 import Entry
from tracking.v1.query_service_pb2 import TailEntriesResponse

from server.client.display import COLOURS, first_line, local_time, print_lines, visible
from server.client.entry_json import entry_fields
from server.core.model import Level

_LEVEL_WIDTH = 8
_SERVICE_WIDTH = 16


class Display(Protocol):
    """Shows what a tail tells."""

    def show(self, response: TailEntriesResponse) -> None:
        """One message; it is on its way to the reader when this returns."""

    def say(self, text: str) -> None:
        """A word about the tail itself."""


def display_of(*, as_json: bool) -> Display:
    """What fits the output."""
    if as_json:
        return JsonDisplay()
    return TerminalDisplay() if sys.stdout.isatty() else LineDisplay()


class LineDisplay:
    """Lines with tabs, as `tracking entries` prints them; a repeat is the line of its entry again."""

    def show(self, response: TailEntriesResponse) -> None:
        """See `Display`."""
        entry = entry_in(response)
        if entry is not None:
            self._print(entry)
            sys.stdout.flush()
        elif response.WhichOneof("message") == "lost":
            self._print_lost(response)

    def say(self, text: str) -> None:
        """See `Display`."""
        print(f"tracking: {' '.join(text.split())}", file=sys.stderr)

    def _print(self, entry: Entry) -> None:
        print_lines([entry])

    def _print_lost(self, response: TailEntriesResponse) -> None:
        lost = response.lost
        count = f"{lost.count} entries" if lost.HasField("count") else "entries, nobody knows how many,"
        self.say(f"{count} are missing here: the server does not keep them for a reader who is slow or away")


class JsonDisplay(LineDisplay):
    """REST's JSON object of each entry, one a line; `{"lost": {"count": 3}}` where some are missing."""

    def _print(self, entry: Entry) -> None:
        self._print_object(entry_fields(entry))

    def _print_lost(self, response: TailEntriesResponse) -> None:
        self._print_object({"lost": {"count": response.lost.count} if response.lost.HasField("count") else {}})
        sys.stdout.flush()

    def _print_object(self, value: Any) -> None:
        print(msgspec.json.encode(value).decode())


class TerminalDisplay(LineDisplay):
    """Local time, level in its colour, service, how often, and the first line of the message."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it

        self._console = Console(file=sys.stdout, highlight=False)

    def _print(self, entry: Entry) -> None:
        from rich.text import Text  # noqa: PLC0415

        level = Level(entry.level)
        line = Text()
        line.append(f"{local_time(entry)} ", "dim")
        line.append(f"{level.word:<{_LEVEL_WIDTH}}", COLOURS[level])
        if entry.service:
            line.append(f" {visible(entry.service)[:_SERVICE_WIDTH]}", "bold")
        if entry.event_count > 1:
            line.append(f" ×{entry.event_count}", "magenta")
        line.append(f" {visible(first_line(entry.message))}")
        self._console.print(line, soft_wrap=True)


def entry_in(response: TailEntriesResponse) -> Entry | None:
    """The entry, new or repeated, if the message is about one."""
    match response.WhichOneof("message"):
        case "entry":
            return response.entry
        case "repeat":
            return response.repeat
        case _:
            return None
