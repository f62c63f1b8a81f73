"""`tracking health`: whether a server serves."""

import argparse

from server.commands.parsing import Subcommands, add_command
from server.commands.server_flags import add_server_flags, target_of
from server.core.errors import Refused


def add_to(commands: Subcommands) -> None:
    parser = add_command(commands, "health", run=_run, help="ask a server whether it serves; exit code 0 if it does")
    add_server_flags(parser, with_key=False)


def _run(options: argparse.Namespace) -> int:
    target = target_of(options)
    from server.client.calls import ask_health  # noqa: PLC0415 - heavy

    status = ask_health(target)
    if status != "SERVING":
        raise Refused(f"the server at {target.address} is not serving: {status}")
    print(status)
    return 0
