"""`tracking index`: status, rebuild."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from server.commands.administration import add_database_flag, settings_of
from server.commands.parsing import Subcommands, add_command, add_group


def add_to(commands: Subcommands) -> None:
    group = add_group(commands, "index", help="the search index of SQLite: status, rebuild")
    status = add_command(group, "status", run=_status, help="tell how far the index is")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    rebuild = add_command(
        group,
        "rebuild",
        run=_rebuild,
        help="make the index anew",
        description="Make the index anew, beside a server or without one. Nothing is lost, and searches go on: they"
        " read the log itself where the index has nothing yet.",
    )
    for parser in (status, rebuild):
        add_database_flag(parser)


def _status(options: argparse.Namespace) -> int:
    from server.bootstrap.stores import index_status  # noqa: PLC0415 - heavy

    status = index_status(settings_of(options))
    if options.json:
        fields = {
            "path": status.path,
            "upToDate": status.is_up_to_date,
            "share": round(status.share, 4),
            "pendingEntries": status.pending_entries,
            "bytes": status.size,
        }
        print(msgspec.json.encode(fields).decode())
    elif not status.is_there:
        print(f"There is no index yet: the server makes {status.path} as it needs it.")
    else:
        done = "complete" if status.share == 1.0 else f"{status.share:.0%} made"
        print(f"{status.path}: {done}, {status.pending_entries:,} changes to come, {status.size / 2**20:,.1f} MiB.")
    return 0


def _rebuild(options: argparse.Namespace) -> int:
    from server.bootstrap.stores import index_status, rebuild_index  # noqa: PLC0415 - heavy

    settings = settings_of(options)
    with _progress() as show:
        rebuild_index(settings, show)
    print(f"The index is made anew: {index_status(settings).size / 2**20:,.1f} MiB.")
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Shows, on a terminal, the share that is done."""
    if not sys.stderr.isatty():
        yield lambda _share: None
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("Index"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)
