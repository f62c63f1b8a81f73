"""The projection that lists of groups read: what the entries of each group add up to, in all and day by day."""

from collections.abc import Collection, Iterable
from typing import Any

import apsw
import msgspec

from server.core.statistics import GroupSum
from server.core.statistics.group_totals import title_of
from server.core.statistics.groups import DAY
from server.core.stored import Repeats, StoredEvent
from server.storage.sqlite.index.batch import Batch, RemovedEntry
from server.storage.sqlite.index.group_statements import (
    ADD_DAY,
    EMPTY_DAYS,
    FIND,
    INSERT,
    LEVELS,
    NARROW,
    SCHEMA,
    TAKE,
    TAKE_DAY,
    TEXTS,
    UPDATE,
)
from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.statements import read_value

_REMEMBERED_GROUPS = 500_000

_Key = tuple[int, bytes]
"""Organisation and group."""
_Days = dict[int, GroupSum]


class GroupSums:
    """See `Projection`.

    What a deletion leaves of a day keeps the day's first and last time, and is worn: who wants to know its times has to
    look at its entries. There is no index by time or number: each would cost more with every batch than a list costs
    that is read. What a list is ordered by stands in short rows, apart from the texts.
    """

    name = "groups"
    version = 1

    def __init__(self) -> None:
        self._known: dict[_Key, _Known] = {}

    def create(self, connection: apsw.Connection) -> None:
        """See `Projection`."""
        connection.execute(SCHEMA)
        self.forget()

    def forget(self) -> None:
        """See `Projection`."""
        self._known.clear()

    def apply(self, connection: apsw.Connection, batch: Batch) -> None:
        """See `Projection`."""
        try:
            self._take(connection, _removals(batch.removed))
            self._add(connection, _additions(batch))
        except BaseException:
            self.forget()
            raise

    def _add(self, connection: apsw.Connection, sums: dict[_Key, _Days]) -> None:
        if len(self._known) > _REMEMBERED_GROUPS:
            self.forget()
        last_number: int = read_value(connection, "SELECT max(number) FROM groups") or 0
        new, changed, texts, days = [], [], [], []
        for key, by_day in sums.items():
            total = _total(by_day.values())
            assert isinstance(total.latest_key, int)
            known = self._find(connection, key)
            if known is None:
                last_number += 1
                known = self._known[key] = _Known(last_number, LOWEST_KEY)
                new.append((last_number, *key, *_numbers(total)))
            else:
                changed.append((*_numbers(total), known.number))
            if total.latest_key >= known.latest_key:
                known.latest_key = total.latest_key
                texts.append((known.number, *_texts(total)))
            days += [
                (known.number, day, added.levels.total(), added.first_event_time, added.last_event_time)
                for day, added in by_day.items()
            ]
        connection.executemany(INSERT, new)
        connection.executemany(UPDATE, changed)
        connection.executemany(TEXTS, texts)
        connection.executemany(ADD_DAY, days)

    def _take(self, connection: apsw.Connection, sums: dict[_Key, GroupSum]) -> None:
        for key, gone in sums.items():
            counts = (gone.levels.total(), *(gone.levels[level] for level in LEVELS))
            row = connection.execute(TAKE, (*counts, *key)).fetchone()
            if row is None:
                continue
            number, left = row
            if left <= 0:
                connection.execute("DELETE FROM group_days WHERE group_number = ?", (number,))
                connection.execute("DELETE FROM group_texts WHERE group_number = ?", (number,))
                connection.execute("DELETE FROM groups WHERE number = ?", (number,))
                self._known.pop(key, None)
            else:
                connection.executemany(TAKE_DAY, [(count, number, day) for day, count in gone.days.items()])
                connection.execute(EMPTY_DAYS, (number,))
                connection.execute(NARROW, (number,))

    def _find(self, connection: apsw.Connection, key: _Key) -> "_Known | None":
        known = self._known.get(key)
        if known is None:
            for number, latest_key in connection.execute(FIND, key):
                known = self._known[key] = _Known(number, latest_key)
        return known


class _Known(msgspec.Struct):
    """A group that has a row."""

    number: int
    latest_key: int


def additions_of(batch: Batch) -> Iterable[tuple[int, int, StoredEvent, Repeats]]:
    """Organisation, key, event and totals of what came with a batch: of repeats, as many events as were added."""
    for added in batch.added:
        yield added.organisation, added.key, added.event, added.totals
    for repeated in batch.repeated:
        totals = repeated.totals
        counted = Repeats(
            repeated.added,
            totals.first_event_time,
            totals.last_event_time,
            totals.last_receive_time,
            totals.requested,
        )
        yield repeated.organisation, repeated.key, repeated.event, counted


def _additions(batch: Batch) -> dict[_Key, _Days]:
    """What came, by group and day."""
    sums: dict[_Key, _Days] = {}
    for organisation, key, event, totals in additions_of(batch):
        days = sums.setdefault((organisation, bytes.fromhex(event.group_id)), {})
        days.setdefault(event.event_time // DAY, GroupSum()).add(key, event, totals)
    return sums


def _removals(removed: Iterable[RemovedEntry]) -> dict[_Key, GroupSum]:
    sums: dict[_Key, GroupSum] = {}
    for entry in removed:
        group = entry.organisation, bytes.fromhex(entry.event.group_id)
        sums.setdefault(group, GroupSum()).count(entry.event, entry.event_count)
    return sums


def _total(days: Collection[GroupSum]) -> GroupSum:
    """The sum of all days; nearly always there is one."""
    first, *others = days
    if not others:
        return first
    total = GroupSum()
    for some in days:
        total.include(some)
    return total


def _numbers(total: GroupSum) -> tuple[Any, ...]:
    levels = total.levels
    return (
        levels.total(),
        *(levels[level] for level in LEVELS),
        total.first_event_time,
        total.last_event_time,
        total.last_receive_time,
        total.latest_key,
    )


def _texts(total: GroupSum) -> tuple[str | None, ...]:
    latest = total.latest
    assert latest is not None
    return title_of(latest), latest.service, latest.component, latest.code
