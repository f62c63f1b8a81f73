"""`tracking prune`: delete now what the server would delete by and by."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import time_ns

import msgspec

from server.commands.administration import add_database_flag, with_store
from server.commands.parsing import Subcommands, add_command
from server.core.model import Level
from server.core.organisation_settings import periods_of
from server.core.ports import AdministrationStore
from server.core.purge import purge_all, tally_expired
from server.core.retention import Tally, totals_of


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "prune",
        run=_prune,
        help="delete entries whose retention period has ended",
        description="Delete entries whose retention period has ended. A server does so by itself, beside its work;"
        " this does it at once, beside a server or without one.",
    )
    parser.add_argument("--dry-run", action="store_true", help="count what would be deleted, and delete nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_database_flag(parser)


def _prune(options: argparse.Namespace) -> int:
    if options.dry_run:
        _print_tallies(with_store(options, _count), as_json=options.json)
    else:
        deleted = with_store(options, _delete)
        _print(options, {"deleted": deleted}, f"{deleted:,} entries deleted.")
    return 0


async def _count(store: AdministrationStore) -> dict[Level, Tally]:
    periods = periods_of(await store.read_settings(None))
    with _progress() as looked_at:
        levels, _ = await tally_expired(store, periods, now=time_ns(), on_piece=lambda entries: looked_at(entries, 0))
    return levels


async def _delete(store: AdministrationStore) -> int:
    periods = periods_of(await store.read_settings(None))
    with _progress() as looked_at:
        return await purge_all(store, periods, now=time_ns(), on_piece=looked_at)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows, on a terminal, how many entries were looked at, and how many of them went."""
    if not sys.stderr.isatty():
        yield lambda _entries, _deleted: None
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.fields[looked_at]:,} entries looked at, {task.fields[deleted]:,} deleted"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, looked_at=0, deleted=0)

        def looked_at(entries: int, deleted: int) -> None:
            fields = bar.tasks[task].fields
            bar.update(task, looked_at=fields["looked_at"] + entries, deleted=fields["deleted"] + deleted)

        yield looked_at


def _print_tallies(levels: Mapping[Level, Tally], *, as_json: bool) -> None:
    totals = totals_of(levels)
    if as_json:
        print(msgspec.json.encode(totals).decode())
        return
    for word, tally in totals.levels.items():
        print(f"{word}\t{tally.entries:,} entries\t{tally.bytes:,} bytes")
    print(f"{totals.entries:,} entries would be deleted.")


def _print(options: argparse.Namespace, value: Mapping[str, int], line: str) -> None:
    print(msgspec.json.encode(value).decode() if options.json else line)
