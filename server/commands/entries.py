"""`tracking entries`: what is kept, newest first."""

import argparse
import sys

from server.commands.filter_flags import QUERY_HELP, add_filter_flags, add_time_flags, filter_of
from server.commands.parsing import Subcommands, add_command, whole_number
from server.commands.server_flags import add_server_flags, target_of

_DEFAULT_LIMIT = 50
_LARGEST_LIMIT = 1_000_000


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
        epilog=QUERY_HELP,
    )
    add_filter_flags(parser)
    add_time_flags(parser)
    limit = whole_number(_LARGEST_LIMIT)
    parser.add_argument("--limit", type=limit, default=_DEFAULT_LIMIT, metavar="N", help=f"[{_DEFAULT_LIMIT}]")
    parser.add_argument("--json", action="store_true", help="print each entry as a JSON object, one a line")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    chosen = filter_of(options)
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
