"""The rows of groups in the index."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec

from server.core.statistics import GroupSort, GroupSum, GroupTotals, Place
from server.core.statistics.levels import levels_of
from server.storage.sqlite.index.group_statements import LEVEL_COLUMNS, LEVELS
from server.storage.sqlite.statements import as_hex_list
from server.storage.sqlite.statistics.standing import Standing

_COLUMNS = f"""
    number, id, event_count, {", ".join(LEVEL_COLUMNS)}, first_event_time, last_event_time, last_receive_time,
    latest_key, title, service, component, code
    FROM groups JOIN group_texts ON group_number = number
"""
_SORT_COLUMNS = {
    GroupSort.LAST_EVENT: "last_event_time",
    GroupSort.EVENTS: "event_count",
    GroupSort.FIRST_EVENT: "first_event_time",
}
_ALL = """
    SELECT number, {column}, id FROM groups WHERE organisation = ? AND ({column}, id) < (?, ?)
    ORDER BY {column} DESC, id DESC LIMIT ?
"""
_ONE = f"SELECT {_COLUMNS} WHERE number = ?"
_SOME = f"""
    SELECT {_COLUMNS} WHERE organisation = ? AND id IN (SELECT unhex(value) FROM json_each(?))
"""  # noqa: S608 - names of ours
_BEHIND_ALL = 2**63 - 1
_FIRST_GROUPS = 256
_DAYS = "SELECT day, event_count, first_event_time, last_event_time, is_worn FROM group_days WHERE group_number = ?"


class SumRow(msgspec.Struct, frozen=True):
    """A group's totals without its days. `number` is that of its row, None without one.

    `recent` is what is not in the row, but in the totals.
    """

    number: int | None
    id: bytes
    latest_key: int
    totals: GroupTotals
    recent: GroupSum | None = None


class DatedTotals(NamedTuple):
    """A group's totals with its days. Its first and last time are those of `certain` and of the entries of `worn`."""

    totals: GroupTotals
    certain: tuple[list[int], list[int]]
    worn: set[int]


def read_all(standing: Standing, organisation: int, sort: GroupSort, place: Place | None) -> Iterator[SumRow]:
    """All groups of an organisation in order, or those behind a place."""
    if standing.sums is None:
        return
    value, group = (_BEHIND_ALL, b"") if place is None else (place.value, bytes.fromhex(place.group_id))
    select = _ALL.format(column=_SORT_COLUMNS[sort])
    # To find the first some of all groups costs little more than to look at all of them; to sort all costs a lot.
    most = _FIRST_GROUPS
    while True:
        found: list[Any] = standing.sums.execute(select, (organisation, value, group, most)).fetchall()
        for number, _, _ in found:
            for row in standing.sums.execute(_ONE, (number,)):
                yield _sum_row(*row)
        if len(found) < most or standing.deadline.is_over():
            return
        _, value, group = found[-1]
        most *= 8


def read_some(standing: Standing, organisation: int, ids: Collection[bytes]) -> dict[bytes, SumRow]:
    """Those of these groups that have a row."""
    if standing.sums is None:
        return {}
    rows = (_sum_row(*row) for row in standing.sums.execute(_SOME, (organisation, as_hex_list(ids))))
    return {row.id: row for row in rows}


def read_days(standing: Standing, row: SumRow) -> DatedTotals:
    """The totals with their days."""
    recent = row.recent or GroupSum()
    days = Counter(recent.days)
    stored: dict[int, tuple[int, int]] = {}
    worn = set(recent.worn_days)
    if row.number is not None and standing.sums is not None:
        for day, event_count, first, last, is_worn in standing.sums.execute(_DAYS, (row.number,)):
            days[day] += event_count
            stored[day] = first, last
            worn |= {day} if is_worn else set()
    left = {day: count for day, count in sorted(days.items()) if count > 0}
    # Only at its ends may the times of a group be those of what is gone.
    worn &= {min(left), max(left)}
    times = [stored[day] for day in left if day in stored and day not in worn]
    firsts = [first for first, _ in times] + [one for one in (recent.first_event_time,) if one is not None]
    lasts = [last for _, last in times] + [one for one in (recent.last_event_time,) if one is not None]
    return DatedTotals(msgspec.structs.replace(row.totals, days=left), (firsts, lasts), worn)


def _sum_row(number: int, group: bytes, event_count: int, *columns: Any) -> SumRow:
    levels, (first, last, received, latest_key, title, service, component, code) = columns[:5], columns[5:]
    totals = GroupTotals(
        id=group.hex(),
        title=title,
        event_count=event_count,
        levels=levels_of(dict(zip(LEVELS, levels, strict=True))),
        first_event_time=first,
        last_event_time=last,
        last_receive_time=received,
        days={},
        service=service,
        component=component,
        code=code,
    )
    return SumRow(number, group, latest_key, totals)
