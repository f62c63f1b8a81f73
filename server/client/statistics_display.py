"""Histograms and groups for the eye: bars and tables on a terminal, lines with tabs in a pipe, JSON for programs."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1.group_pb2 import Group
from tracking.v1.histogram_pb2 import Histogram, LevelCount

from server.client.display import COLOURS, first_line, visible
from server.client.statistics_json import group_fields, histogram_fields, level_fields, status_word, time_text
from server.core.model import Level

_SECOND_FORMAT = "%Y-%m-%d %H:%M:%S"
_NARROW = 80
"""Columns of a terminal."""
_MARGIN = 32
"""Columns beside the bars: a time and a number."""
_STATUS_COLOURS = {"open": "red", "resolved": "green", "muted": "dim"}
_BAR_COLOURS = COLOURS | {Level.CRITICAL: "magenta"}
"""A bar has no background of its own."""
_TICKS = "▁▂▃▄▅▆▇█"
_encode = msgspec.json.Encoder().encode


def print_histogram_json(histogram: Histogram) -> None:
    """REST's JSON object."""
    print(_encode(histogram_fields(histogram)).decode())


def print_histogram_lines(histogram: Histogram) -> None:
    """Time (RFC 3339), total, and the number of each level, the gravest first, of each bucket."""
    for bucket in histogram.buckets:
        levels = level_fields(bucket.levels)
        counts = [str(levels.get(level.word, 0)) for level in reversed(Level)]
        print("\t".join((time_text(bucket.time), str(bucket.total), *counts)))


def print_histogram_bars(histogram: Histogram) -> None:
    """A bar a bucket, in local time, coloured by level; the longest is as wide as the terminal."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=sys.stdout)
    most = max((bucket.total for bucket in histogram.buckets), default=0)
    width = max(10, console.width - _MARGIN)
    for bucket in histogram.buckets:
        line = Text(f"{_local_time(bucket.time)} {bucket.total:>10} ")
        for count, cells in _cells(bucket.levels, most, width):
            line.append("█" * cells, _BAR_COLOURS[Level(count.level)])
        console.print(line, no_wrap=True, overflow="crop")
    console.print(f"{histogram.total} events")


def print_groups_json(groups: Iterable[Group]) -> None:
    """REST's JSON object of each group, one a line."""
    for group in groups:
        print(_encode(group_fields(group)).decode())


def print_groups_lines(groups: Iterable[Group]) -> None:
    """Time of the last event (RFC 3339), status, count, id and title of each group, with tabs between them."""
    for group in groups:
        columns = (time_text(group.last_event_time), status_word(group), str(group.event_count), group.id)
        print("\t".join((*columns, visible(first_line(group.title)))))


def print_groups_table(groups: Iterable[Group]) -> None:
    """A table as wide as the terminal, in local time; a narrow one has no room for the sparkline."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and only a terminal needs it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=sys.stdout)
    with_sparkline = console.width > _NARROW
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("LAST EVENT", no_wrap=True)
    table.add_column("STATUS", no_wrap=True)
    table.add_column("COUNT", no_wrap=True, justify="right")
    if with_sparkline:
        table.add_column("30 DAYS", no_wrap=True)
    table.add_column("TITLE", no_wrap=True, overflow="ellipsis", ratio=1)
    for group in groups:
        status = status_word(group)
        sparkline = [Text(_sparkline(group.sparkline.counts))] if with_sparkline else []
        table.add_row(
            _local_time(group.last_event_time),
            Text(status, _STATUS_COLOURS[status]),
            str(group.event_count),
            *sparkline,
            Text(visible(first_line(group.title))),
        )
    if table.row_count:
        console.print(table)
    else:
        print("No groups.")


def _cells(levels: Iterable[LevelCount], most: int, width: int) -> list[tuple[LevelCount, int]]:
    """How many columns each level has of a bar; whatever happened has at least one."""
    cells = []
    used = summed = 0
    for count in levels:
        summed += count.event_count
        end = -(-width * summed // most)
        cells.append((count, end - used))
        used = end
    return cells


def _sparkline(counts: Iterable[int]) -> str:
    numbers = list(counts)
    most = max(numbers, default=0)
    return "".join(_TICKS[(count * len(_TICKS) - 1) // most] if count else " " for count in numbers)


def _local_time(timestamp: Timestamp) -> str:
    return f"{datetime.fromtimestamp(timestamp.seconds, UTC).astimezone():{_SECOND_FORMAT}}"
