"""`tracking tail`: entries as they come."""

import argparse

from server.commands.filter_flags import QUERY_HELP, add_filter_flags, filter_of
from server.commands.parsing import Subcommands, add_command
from server.commands.server_flags import add_server_flags, target_of


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "tail",
        run=_run,
        help="follow entries as they come",
        description=(
            "Follow entries as they come, until Ctrl+C: coloured by level on a terminal, otherwise lines of time,"
            " level, count, service, id and message with tabs between them. A server that is lost is looked for again,"
            " and nothing is left out where it still knows what came meanwhile."
        ),
        epilog=QUERY_HELP,
    )
    add_filter_flags(parser)
    parser.add_argument("--json", action="store_true", help="print each entry as a JSON object, one a line")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    chosen = filter_of(options)
    target = target_of(options)
    from server.client.tail_display import display_of  # noqa: PLC0415 - heavy
    from server.client.tailing import follow_entries  # noqa: PLC0415 - heavy

    display = display_of(as_json=options.json)
    for response in follow_entries(target, chosen, display.say):
        display.show(response)
    return 0
