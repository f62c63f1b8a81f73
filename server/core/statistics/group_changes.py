"""What people decide about a group, read from a request."""

from typing import Any

import msgspec

from server.core.errors import InvalidField
from server.core.instants import parse_rfc3339
from server.core.statistics.groups import GroupState, GroupStatus, GroupTotals

MAX_MUTED_EVENTS = 2**53
_MEMBERS = frozenset({"status", "mutedUntil", "mutedUntilCount"})


class GroupChange(msgspec.Struct, frozen=True):
    """A new status. `muted_until` (nanoseconds) and `muted_until_count` (that many more events) end a muting."""

    status: GroupStatus
    muted_until: int | None = None
    muted_until_count: int | None = None


def read_group_change(body: dict[str, Any], now: int) -> GroupChange:
    """The change in a JSON object; null is absent. Raises InvalidField that names the member."""
    for member in body:
        if member not in _MEMBERS:
            shown = member[:60]
            raise _invalid(
                f"A group has no member {shown!r} to change; there are {', '.join(sorted(_MEMBERS))}.", shown
            )
    status, until, count = body.get("status"), body.get("mutedUntil"), body.get("mutedUntilCount")
    if not isinstance(status, str) or status not in set(GroupStatus):
        raise invalid_status()
    if isinstance(count, bool) or not isinstance(count, int | None):
        raise _invalid_count()
    return check_group_change(GroupStatus(status), None if until is None else _instant(until), count, now)


def check_group_change(
    status: GroupStatus, muted_until: int | None, muted_until_count: int | None, now: int
) -> GroupChange:
    """The change, if it can be. Raises InvalidField that names the member as REST spells it."""
    for field, value in (("mutedUntil", muted_until), ("mutedUntilCount", muted_until_count)):
        if value is not None and status is not GroupStatus.MUTED:
            raise _invalid(f"{field} goes with the status muted alone.", field)
    if muted_until is not None and muted_until <= now:
        raise _invalid("mutedUntil must lie in the future.", "mutedUntil")
    if muted_until_count is not None and not 0 < muted_until_count <= MAX_MUTED_EVENTS:
        raise _invalid_count()
    return GroupChange(status, muted_until, muted_until_count)


def state_after(change: GroupChange, totals: GroupTotals, now: int) -> GroupState:
    """What a store keeps of a change that is made now, to a group that has these totals."""
    count = change.muted_until_count
    return GroupState(
        status=change.status,
        change_time=now,
        seen_count=totals.event_count,
        seen_receive_time=max(now, totals.last_receive_time),
        muted_until=change.muted_until,
        muted_until_count=None if count is None else totals.event_count + count,
    )


def invalid_status() -> InvalidField:
    """The error for a status that cannot be."""
    return _invalid(f"status is required: one of {', '.join(GroupStatus)}.", "status")


def _instant(value: Any) -> int:
    try:
        return parse_rfc3339(value)
    except (TypeError, ValueError) as error:
        raise _invalid(
            "mutedUntil must be RFC 3339 with an offset, such as 2026-01-31T12:00:00Z.", "mutedUntil"
        ) from error


def _invalid_count() -> InvalidField:
    return _invalid("mutedUntilCount must be a whole number of events, at least 1.", "mutedUntilCount")


def _invalid(description: str, field: str) -> InvalidField:
    return InvalidField(description, message=f"Invalid {field}", field=field)
