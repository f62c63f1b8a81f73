"""Groups: what their entries add up to, what people decided about them, and what comes of both."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from server.core.model import NANOSECONDS_PER_SECOND, Level

DAY = 86_400 * NANOSECONDS_PER_SECOND
"""Nanoseconds."""
SPARKLINE_DAYS = 30
"""Days of a sparkline, today included."""


class GroupStatus(StrEnum):
    """What people decided about a group."""

    OPEN = "open"
    RESOLVED = "resolved"
    MUTED = "muted"


class GroupTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries of a group add up to.

    Times are nanoseconds. `days` has the events of each day that has any, by the number of the day since 1970 (UTC);
    an entry counts at its own time. Title and fields are those of the latest entry.
    """

    id: str
    title: str
    event_count: int
    levels: dict[Level, int]
    first_event_time: int
    last_event_time: int
    last_receive_time: int
    days: Mapping[int, int]
    service: str | None = None
    component: str | None = None
    code: str | None = None


class GroupState(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about a group, as stores keep it; times are nanoseconds.

    `seen_count` and `seen_receive_time` are the group's count, and the latest time anything of it was received, when
    it was decided. `muted_until_count` is the count at which it is muted no more.
    """

    status: GroupStatus
    change_time: int
    seen_count: int = 0
    seen_receive_time: int = 0
    muted_until: int | None = None
    muted_until_count: int | None = None


class Sparkline(msgspec.Struct, frozen=True):
    """The events of 30 days, the last of which is today; `from_time` is where the first begins."""

    from_time: int
    counts: list[int]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it is read. `muted_until_count`: how many more events there are until it is muted no more."""

    totals: GroupTotals
    status: GroupStatus
    sparkline: Sparkline
    muted_until: int | None = None
    muted_until_count: int | None = None


def status_of(totals: GroupTotals, state: GroupState | None, now: int) -> GroupStatus:
    """The status at a time: a resolved group opens with its next event, a muted one when its time or number is over."""
    if state is None:
        return GroupStatus.OPEN
    if state.status is GroupStatus.RESOLVED:
        # Deletions lower the count, and a clock may run ahead: either alone could miss an event.
        has_news = totals.event_count > state.seen_count or totals.last_receive_time > state.seen_receive_time
        return GroupStatus.OPEN if has_news else GroupStatus.RESOLVED
    if state.status is GroupStatus.MUTED:
        is_over = (state.muted_until is not None and now >= state.muted_until) or (
            state.muted_until_count is not None and totals.event_count >= state.muted_until_count
        )
        return GroupStatus.OPEN if is_over else GroupStatus.MUTED
    return GroupStatus.OPEN


def make_group(totals: GroupTotals, state: GroupState | None, now: int) -> Group:
    """The group at a time, in nanoseconds."""
    status = status_of(totals, state, now)
    muted_until = muted_until_count = None
    if state is not None and status is GroupStatus.MUTED:
        muted_until = state.muted_until
        if state.muted_until_count is not None:
            muted_until_count = state.muted_until_count - totals.event_count
    first_day = now // DAY - SPARKLINE_DAYS + 1
    counts = [totals.days.get(day, 0) for day in range(first_day, first_day + SPARKLINE_DAYS)]
    return Group(
        totals=totals,
        status=status,
        sparkline=Sparkline(first_day * DAY, counts),
        muted_until=muted_until,
        muted_until_count=muted_until_count,
    )
