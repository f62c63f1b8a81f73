"""`tracking groups`: what entries have in common, and how often it happened."""

import argparse
import sys

from server.commands.filter_flags import QUERY_HELP, add_filter_flags, add_time_flags, filter_of
from server.commands.parsing import Subcommands, add_command, whole_number
from server.commands.server_flags import add_server_flags, target_of
from server.core.statistics import GroupSort, GroupStatus

_DEFAULT_LIMIT = 50
_LARGEST_LIMIT = 100_000
_SORTS = {"last-event": GroupSort.LAST_EVENT, "events": GroupSort.EVENTS, "first-event": GroupSort.FIRST_EVENT}


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "groups",
        run=_run,
        help="list groups, the one with the latest event first",
        description=(
            "List groups: a table on a terminal, otherwise lines of last event, status, count, id and title with tabs"
            " between them. With filters, groups of which an entry matches; they are shown with all of their events."
        ),
        epilog=QUERY_HELP,
    )
    add_filter_flags(parser)
    add_time_flags(parser)
    parser.add_argument(
        "--status", action="append", default=[], choices=[status.value for status in GroupStatus], help="its status"
    )
    parser.add_argument("--sort", choices=[*_SORTS], default="last-event", help="the order [last-event]")
    limit = whole_number(_LARGEST_LIMIT)
    parser.add_argument("--limit", type=limit, default=_DEFAULT_LIMIT, metavar="N", help=f"[{_DEFAULT_LIMIT}]")
    parser.add_argument("--json", action="store_true", help="print each group as a JSON object, one a line")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    chosen = filter_of(options)
    target = target_of(options)
    from server.client import statistics_display as display  # noqa: PLC0415 - heavy
    from server.client.statistics_calls import read_groups  # noqa: PLC0415 - heavy

    found = read_groups(target, chosen, statuses=options.status, sort=_SORTS[options.sort], limit=options.limit)
    if options.json:
        display.print_groups_json(found)
    elif sys.stdout.isatty():
        display.print_groups_table(found)
    else:
        display.print_groups_lines(found)
    return 0
