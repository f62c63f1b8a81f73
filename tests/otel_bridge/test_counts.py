"""Records that stand for many."""

from typing import Any

import msgspec
import pytest

from tests.support.otlp_requests import event_of, record

FIRST, LAST = "2026-01-31T12:00:00Z", "2026-01-31T12:05:00.5Z"
FIRST_NANOSECONDS, LAST_NANOSECONDS = 1_769_860_800_000_000_000, 1_769_861_100_500_000_000


@pytest.mark.parametrize(
    ("count", "events"), [(1, 1), (7, 7), ("7", 7), (10**9 + 1, 10**9), (2**63 - 1, 10**9), ("9" * 50, 10**9)]
)
@pytest.mark.parametrize("names", ["observed", "aggregation"])
@pytest.mark.parametrize("times", [(FIRST, LAST), (FIRST_NANOSECONDS, LAST_NANOSECONDS)])
def test_a_count_with_its_two_times_is_so_many_events(
    count: Any, events: int, names: str, times: tuple[Any, Any]
) -> None:
    attributes = {"log_count": count, f"first_{names}_timestamp": times[0], f"last_{names}_timestamp": times[1]}
    event = event_of(record(attributes, time_unix_nano=5))
    assert (event.event_count, event.event_time) == (events, 5)
    assert (event.first_event_time, event.last_event_time) == (FIRST_NANOSECONDS, LAST_NANOSECONDS)
    assert msgspec.json.decode(event.attributes) == attributes


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "", "-1", "1.5", "٣", "many", None, [3], "9" * 5000])
def test_what_is_no_count_is_one_event(count: Any) -> None:
    attributes = {"log_count": count, "first_observed_timestamp": FIRST, "last_observed_timestamp": LAST}
    assert event_of(record(attributes)).event_count == 1


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"first_observed_timestamp": FIRST},
        {"first_observed_timestamp": FIRST, "last_aggregation_timestamp": LAST},
        {"first_observed_timestamp": FIRST, "last_observed_timestamp": "yesterday"},
        {"first_observed_timestamp": LAST, "last_observed_timestamp": FIRST},
        {"first_observed_timestamp": FIRST, "last_observed_timestamp": 1.5},
    ],
    ids=str,
)
def test_a_count_without_its_two_times_is_one_event(times: dict[str, Any]) -> None:
    event = event_of(record({"log_count": 7, **times}))
    assert (event.event_count, event.first_event_time, event.last_event_time) == (1, None, None)
