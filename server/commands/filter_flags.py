"""How the client's commands name a filter: what `entries` lists and `tail` follows."""

import argparse
from time import time_ns
from typing import TYPE_CHECKING

from server.commands.parsing import split_pair
from server.core.errors import Refused
from server.core.query import narrow, parse_filter

if TYPE_CHECKING:
    from tracking.v1.entry_filter_pb2 import EntryFilter

QUERY_HELP = (
    'A query: level:error service:checkout "payment failed" http.status_code:>=500 -environment:staging pay*'
    " (a query that begins with a minus stands behind --)."
)

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


def add_filter_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", default="", metavar="QUERY", help="fields, attributes and words")
    for flag, (name, what) in _FILTERS.items():
        parser.add_argument(flag, dest=name, action="append", metavar=flag[2:].upper(), help=what)
    parser.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE", help="a value in attributes")


def add_time_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="from_", metavar="TIME", help="no earlier: RFC 3339, or -15m, -24h, -7d")
    parser.add_argument("--to", metavar="TIME", help="earlier: the same")


def filter_of(options: argparse.Namespace) -> "EntryFilter":
    """The filter, checked as REST checks it, before the server is asked. Raises Refused, InvalidField."""
    parameters = {name: texts for name, _ in _FILTERS.values() if (texts := getattr(options, name))}
    for name, member in (("from", "from_"), ("to", "to")):
        if (text := getattr(options, member, None)) is not None:
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
