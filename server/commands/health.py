"""`tracking health`: whether a server serves."""

import argparse
import os

from server.commands.parsing import Subcommands, add_command
from server.commands.server_flags import add_server_flags, target_of
from server.core.errors import Refused
from server.settings import read_settings


def add_to(commands: Subcommands) -> None:
    parser = add_command(commands, "health", run=_run, help="ask a server whether it serves; exit code 0 if it does")
    add_server_flags(parser, with_key=False)
    parser.add_argument(
        "--local",
        action="store_true",
        help="ask the server that the settings in this environment start, on this machine, over HTTP: is it ready?",
    )


def _run(options: argparse.Namespace) -> int:
    print(_ask_here(options) if options.local else _ask(options))
    return 0


def _ask_here(options: argparse.Namespace) -> str:
    if options.address or options.tls or options.ca_file:
        raise Refused("--local asks the server on this machine: leave --address, --tls and --ca-file out", exit_code=2)
    from server.client.readiness import ask_readiness  # noqa: PLC0415 - only where it is asked for

    return ask_readiness(read_settings(os.environ, {}))


def _ask(options: argparse.Namespace) -> str:
    target = target_of(options)
    from server.client.calls import ask_health  # noqa: PLC0415 - heavy

    status = ask_health(target)
    if status != "SERVING":
        raise Refused(f"the server at {target.address} is not serving: {status}")
    return status
