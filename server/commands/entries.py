"""`tracking entries`: what is kept, newest first."""

import argparse
import sys
from time import time_ns
from typing import TYPE_CHECKING

from server.commands.parsing import Subcommands, add_command, split_pair
from server.commands.server_flags import add_server_flags, target_of
from server.core.errors import Refused
from server.core.query import narrow, parse_filter

if TYPE_CHECKING:
    from tracking.v1.entry_filter_pb2 import EntryFilter

_DEFAULT_LIMIT = 50
_LARGEST_LIMIT = 1_000_000

_FILTERS = {
    "--level": ("level", "info, success, warning, error, critical"),
    "--service": ("service", "the service"),
    "--component": ("component", "the part of the service"),
    "--code": ("code", "the code"),
    "--environment": ("environment", "the environment"),
    "--trace-id": ("traceId", "32 hexadecimal digits"),
    "--group-id": ("groupId", "the group"),
    "--debounce-key": ("debounceKey", "the debounce key"),
}
"""The flag, the filter's name in REST, what it is."""


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "entries",
        run=_run,
        help="list entries, newest first",
        description=(
            "List entries, newest first: a table on a terminal, otherwise lines of time, level, count, service, id and"
            " message with tabs between them. A filter that is repeated accepts any of its values."
        ),
        epilog=(
            'A query: level:error service:checkout "payment failed" http.status_code:>=500 -environment:staging pay*'
            " (a query that begins with a minus stands behind --)."
        ),
    )
    parser.add_argument("query", nargs="?", default="", metavar="QUERY", help="fields, attributes and words")
    for flag, (name, what) in _FILTERS.items():
        parser.add_argument(flag, dest=name, action="append", metavar=flag[2:].upper(), help=what)
    parser.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE", help="a value in attributes")
    parser.add_argument("--from", dest="from_", metavar="TIME", help="no earlier: RFC 3339, or -15m, -24h, -7d")
    parser.add_argument("--to", metavar="TIME", help="earlier: the same")
    parser.add_argument("--limit", type=_limit, default=_DEFAULT_LIMIT, metavar="N", help=f"[{_DEFAULT_LIMIT}]")
    parser.add_argument("--json", action="store_true", help="print each entry as a JSON object, one a line")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    chosen = _filter(options)
    target = target_of(options)
    from server.client import display  # noqa: PLC0415 - heavy
    from server.client.calls import read_entries  # noqa: PLC0415 - heavy

    found = read_entries(target, chosen, options.limit)
    if options.json:
        display.print_json(found)
    elif sys.stdout.isatty():
        display.print_table(found)
    else:
        display.print_lines(found)
    return 0


def _filter(options: argparse.Namespace) -> "EntryFilter":
    """The filter, checked as REST checks it, before the server is asked."""
    parameters = {name: texts for name, _ in _FILTERS.values() if (texts := getattr(options, name))}
    for name, text in (("from", options.from_), ("to", options.to)):
        if text is not None:
            parameters[name] = [text]
    for pair in options.attribute:
        name, value = split_pair(pair, "--attribute")
        if f"attribute.{name}" in parameters:
            raise Refused(f"--attribute: {name!a} may be given once", exit_code=2)
        parameters[f"attribute.{name}"] = [value]
    now = time_ns()
    chosen = parse_filter(parameters, now)
    narrow(chosen, [options.query], now)
    from server.client.filters import filter_message  # noqa: PLC0415 - heavy

    return filter_message(chosen, options.query)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LARGEST_LIMIT:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {_LARGEST_LIMIT} is needed")
    return int(text)
