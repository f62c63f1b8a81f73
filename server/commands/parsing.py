"""What the parsers of the commands have in common."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from server.core.errors import Refused

if TYPE_CHECKING:
    Subcommands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name
else:
    Subcommands = object


def add_command(
    commands: Subcommands,
    name: str,
    *,
    run: Callable[[argparse.Namespace], int],
    help: str,  # noqa: A002 - as argparse calls it
    description: str = "",
    epilog: str = "",
) -> argparse.ArgumentParser:
    """A command whose `run` gives the exit code."""
    parser = commands.add_parser(
        name,
        help=help,
        description=description or f"{help[0].upper()}{help[1:]}.",
        epilog=epilog,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Subcommands, name: str, *, help: str) -> Subcommands:  # noqa: A002 - as argparse calls it
    """A command that has commands of its own."""
    parser = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", allow_abbrev=False)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def split_pair(text: str, flag: str) -> tuple[str, str]:
    """The two sides of `NAME=VALUE`. Raises Refused (exit code 2)."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise Refused(f"{flag}: NAME=VALUE is needed, not {text[:100]!a}", exit_code=2)
    return name, value


def whole_number(largest: int) -> Callable[[str], int]:
    """Reads the value of a flag: a whole number from 1 to `largest`. Raises ArgumentTypeError."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= largest:
            raise argparse.ArgumentTypeError(f"a whole number from 1 to {largest} is needed")
        return int(text)

    return read
