"""What a group is called, and what people decide about it."""

from typing import Any

import msgspec
import pytest

from server.core.errors import InvalidField
from server.core.model import Level, RecordDetails
from server.core.statistics import GroupState, GroupStatus, GroupTotals, read_group_change, status_of
from server.core.statistics.group_changes import state_after
from server.core.statistics.group_totals import title_of
from server.core.statistics.groups import DAY, SPARKLINE_DAYS, make_group
from server.core.stored import StoredEvent

NOW = 20_000 * DAY + 5


def totals(event_count: int = 10, received: int = NOW - 1, **fields: Any) -> GroupTotals:
    times: dict[str, Any] = {"first_event_time": 1, "last_event_time": 2, "last_receive_time": received}
    return GroupTotals(
        id="a" * 32, title="t", event_count=event_count, levels={Level.INFO: event_count}, days={}, **times, **fields
    )


def decided(body: dict[str, Any], at: int = NOW) -> GroupState:
    return state_after(read_group_change(body, at), totals(), at)


def test_a_group_is_open_until_somebody_decides() -> None:
    assert status_of(totals(), None, NOW) is GroupStatus.OPEN


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (totals(), GroupStatus.RESOLVED),
        (totals(11), GroupStatus.OPEN),
        # Entries were deleted, and one is new.
        (totals(3, NOW + 1), GroupStatus.OPEN),
        (totals(3), GroupStatus.RESOLVED),
        (totals(0 + 1, NOW), GroupStatus.RESOLVED),
    ],
)
def test_a_resolved_group_opens_with_news(later: GroupTotals, status: GroupStatus) -> None:
    assert status_of(later, decided({"status": "resolved"}), NOW + 99) is status


def test_an_event_of_a_clock_that_runs_ahead_does_not_open_what_was_resolved_after_it() -> None:
    state = state_after(read_group_change({"status": "resolved"}, NOW), totals(received=NOW + 50), NOW)
    assert status_of(totals(received=NOW + 50), state, NOW) is GroupStatus.RESOLVED
    assert status_of(totals(received=NOW + 51), state, NOW) is GroupStatus.OPEN


def test_a_muting_ends_at_its_time_or_after_its_number() -> None:
    until = {"status": "muted", "mutedUntil": "2030-01-01T00:00:00Z", "mutedUntilCount": 3}
    state = decided(until)
    assert state.muted_until is not None
    group = make_group(totals(11), state, state.muted_until - 1)
    assert (group.status, group.muted_until, group.muted_until_count) == (GroupStatus.MUTED, state.muted_until, 2)
    for later, now in ((totals(13), NOW), (totals(), state.muted_until)):
        group = make_group(later, state, now)
        assert (group.status, group.muted_until, group.muted_until_count) == (GroupStatus.OPEN, None, None)
    assert status_of(totals(10**9), decided({"status": "muted"}), 2**62) is GroupStatus.MUTED


def test_a_sparkline_ends_today() -> None:
    today = NOW // DAY
    days = {today: 5, today - SPARKLINE_DAYS + 1: 3, today - SPARKLINE_DAYS: 7, today + 1: 9}
    group = make_group(msgspec.structs.replace(totals(), days=days), None, NOW)
    assert group.sparkline.counts == [3, *[0] * 28, 5]
    assert group.sparkline.from_time == (today - 29) * DAY


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": None}, "status"),
        ({"status": "OPEN"}, "status"),
        ({"status": ["open"]}, "status"),
        ({"status": "open", "mutedUntilCount": 1}, "mutedUntilCount"),
        ({"status": "muted", "mutedUntilCount": 0}, "mutedUntilCount"),
        ({"status": "muted", "mutedUntilCount": 1.5}, "mutedUntilCount"),
        ({"status": "muted", "mutedUntilCount": 2**60}, "mutedUntilCount"),
        ({"status": "muted", "mutedUntil": 5}, "mutedUntil"),
        ({"status": "muted", "mutedUntil": "1970-01-01T00:00:00Z"}, "mutedUntil"),
        ({"status": "open", "x" * 99: 1}, "x" * 60),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_its_member(body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_group_change(body, NOW)
    assert refused.value.field == field


def test_null_is_absent() -> None:
    body = {"status": "open", "mutedUntil": None, "mutedUntilCount": None}
    assert read_group_change(body, NOW) == read_group_change({"status": "open"}, NOW)


@pytest.mark.parametrize(
    ("message", "attributes", "event_name", "title"),
    [
        ("\n  first line \nsecond", {}, None, "first line"),
        ("m" * 300, {}, None, "m" * 199 + "…"),
        ("m", {"exception.type": "TypeError", "exception.message": "x is\nundefined"}, None, "TypeError: x is"),
        ("m", {"exception.type": "TypeError"}, None, "TypeError"),
        ("m", {"exception.type": 5}, None, "m"),
        ("", {}, "cart.emptied", "cart.emptied"),
        ("", {}, None, "(no message)"),
    ],
)
def test_a_group_is_called_after_its_exception_or_its_message(
    message: str, attributes: dict[str, Any], event_name: str | None, title: str
) -> None:
    event = StoredEvent(
        message,
        Level.INFO,
        0,
        0,
        "rest",
        msgspec.json.encode(attributes) if attributes else b"",
        record=RecordDetails(event_name=event_name) if event_name else None,
    )
    assert title_of(event) == title
