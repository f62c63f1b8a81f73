"""`tracking histogram`: events over time, as bars."""

import argparse
import sys

from server.commands.filter_flags import QUERY_HELP, add_filter_flags, add_time_flags, filter_of
from server.commands.parsing import Subcommands, add_command
from server.commands.server_flags import add_server_flags, target_of
from server.core.statistics import parse_step


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "histogram",
        run=_run,
        help="count events over time",
        description=(
            "Count events over time, by default those of the last 24 hours: bars on a terminal, otherwise lines of"
            " time, total and the numbers of each level with tabs between them. Repeats count, too."
        ),
        epilog=QUERY_HELP,
    )
    add_filter_flags(parser)
    add_time_flags(parser)
    parser.add_argument("--step", metavar="INTERVAL", help="how long a bucket is, such as 30s, 5m, 1d")
    parser.add_argument("--json", action="store_true", help="print REST's JSON object")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    chosen = filter_of(options)
    step = None if options.step is None else parse_step(options.step)
    target = target_of(options)
    from server.client import statistics_display as display  # noqa: PLC0415 - heavy
    from server.client.statistics_calls import read_histogram  # noqa: PLC0415 - heavy

    histogram = read_histogram(target, chosen, step)
    if options.json:
        display.print_histogram_json(histogram)
    elif sys.stdout.isatty():
        display.print_histogram_bars(histogram)
    else:
        display.print_histogram_lines(histogram)
    if not histogram.complete:
        print("tracking: not everything could be counted in time; ask for a shorter range", file=sys.stderr)
    return 0
