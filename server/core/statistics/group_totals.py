"""Adding up groups: the same sums for every store, forwards and backwards."""

from collections import Counter

import msgspec

from server.core.exceptions import exception_title
from server.core.fingerprint import title
from server.core.statistics.groups import DAY, GroupTotals
from server.core.statistics.levels import levels_of
from server.core.stored import Repeats, StoredEvent

EMPTY_TITLE = "(no message)"


class GroupSum(msgspec.Struct):
    """The sum of some entries of one group, or the difference that some changes make.

    `levels` and `days` are events; the times are those of the entries that were added. `latest_key` orders entries as
    the store's keys do; title and fields are those of the entry that has it. `worn_days` are those of which something
    is gone.
    """

    levels: Counter[int] = msgspec.field(default_factory=Counter)
    days: Counter[int] = msgspec.field(default_factory=Counter)
    first_event_time: int | None = None
    last_event_time: int | None = None
    last_receive_time: int | None = None
    worn_days: set[int] = msgspec.field(default_factory=set)
    latest_key: int | bytes | None = None
    latest: StoredEvent | None = None

    def add(self, key: int | bytes, event: StoredEvent, repeats: Repeats) -> None:
        """The events of an entry: all of them or, of one that is counted already, how many were added."""
        self.count(event, repeats.event_count)
        self.first_event_time = _least(self.first_event_time, repeats.first_event_time)
        self.last_event_time = _largest(self.last_event_time, repeats.last_event_time)
        self.last_receive_time = _largest(self.last_receive_time, repeats.last_receive_time)
        if self.latest_key is None or key > self.latest_key:  # type: ignore[operator]  # keys of one store
            self.latest_key, self.latest = key, event

    def include(self, other: "GroupSum") -> None:
        """All that another sum has, which has an entry."""
        self.levels.update(other.levels)
        self.days.update(other.days)
        assert other.first_event_time is not None
        assert other.last_event_time is not None
        assert other.last_receive_time is not None
        self.first_event_time = _least(self.first_event_time, other.first_event_time)
        self.last_event_time = _largest(self.last_event_time, other.last_event_time)
        self.last_receive_time = _largest(self.last_receive_time, other.last_receive_time)
        if self.latest_key is None or other.latest_key > self.latest_key:  # type: ignore[operator]  # as in `add`
            self.latest_key, self.latest = other.latest_key, other.latest

    def count(self, event: StoredEvent, event_count: int) -> None:
        """Events that come, or go where the number is negative."""
        self.levels[event.level.value] += event_count
        day = event.event_time // DAY
        self.days[day] += event_count
        if event_count < 0:
            self.worn_days.add(day)

    def totals(self, group_id: str) -> GroupTotals:
        """The totals, of a sum that has an entry."""
        assert self.latest is not None
        assert self.first_event_time is not None
        assert self.last_event_time is not None
        assert self.last_receive_time is not None
        return GroupTotals(
            id=group_id,
            title=title_of(self.latest),
            event_count=self.levels.total(),
            levels=levels_of(self.levels),
            first_event_time=self.first_event_time,
            last_event_time=self.last_event_time,
            last_receive_time=self.last_receive_time,
            days=dict(self.days),
            service=self.latest.service,
            component=self.latest.component,
            code=self.latest.code,
        )


def title_of(event: StoredEvent) -> str:
    """What a group is called after one of its events: its exception's type and message, or its message's first line."""
    named = exception_title(event.attributes)
    return title(named or event.message) or (event.record and event.record.event_name) or EMPTY_TITLE


def _least(one: int | None, other: int) -> int:
    return other if one is None or other < one else one


def _largest(one: int | None, other: int) -> int:
    return other if one is None or other > one else one
