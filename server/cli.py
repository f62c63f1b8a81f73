"""The command `tracking`: reads what was typed, runs it, and turns every failure into one line and an exit code.

Exit codes: 0 done, 1 could not be done, 2 wrongly typed or set, 130 interrupted, 141 nobody reads the output any more.
"""

import argparse
import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from server import __version__
from server.commands import entries, groups, health, histogram, index, keys, log, organisations, prune, serve, tail
from server.core.errors import InvalidRequest, Refused, TrackingError

logger = logging.getLogger("tracking")

_INTERRUPTED = 130
_NOBODY_READS = 141

# A time before now looks like a flag to argparse.
_RELATIVE_TIME = re.compile(r"-[0-9].*")
_TIME_FLAGS = ("--from", "--to")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        raise Refused(f"{message} (see {self.prog} --help)", exit_code=2)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A log may hold characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(_run(sys.argv[1:] if argv is None else argv))


def _run(argv: Sequence[str]) -> int:
    try:
        options = _parser().parse_args(_join_times(argv))
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more as it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        line, *pointing = _lines_for(error)
        print(f"tracking: {' '.join(line.split())}", *pointing, sep="\n", file=sys.stderr)
        logger.debug("The command failed.", exc_info=error)
        return _exit_code(error)
    return code


def _lines_for(error: Exception) -> list[str]:
    """One line; behind that of a query the lines that point at its character."""
    text = _line_for(error)
    return text.split("\n") if isinstance(error, InvalidRequest) else [text]


def _line_for(error: Exception) -> str:
    if isinstance(error, TrackingError):
        return error.description
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[:100]!a} is not UTF-8"
    if isinstance(error, OSError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} in {place.name}, line {place.lineno}: {error}"


def _exit_code(error: Exception) -> int:
    if isinstance(error, Refused):
        return error.exit_code
    return 2 if isinstance(error, InvalidRequest | UnicodeEncodeError) else 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tracking", description="A self-hosted log tracking service.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"tracking {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (serve, organisations, keys, prune, index, log, entries, tail, groups, histogram, health):
        command.add_to(commands)
    return parser


def _join_times(argv: Sequence[str]) -> list[str]:
    """`--from -15m` as `--from=-15m`."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] in _TIME_FLAGS and _RELATIVE_TIME.fullmatch(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
