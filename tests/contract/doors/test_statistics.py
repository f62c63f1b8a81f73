"""Histograms and facets, asked through every door."""

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import DoorClient, Failure, Filters, keep, keep_all
from tests.support.statistics_doors import EVENTS, HOUR, RANGE, answered, facets, histogram

pytestmark = IN_SESSION


async def test_a_histogram_counts_events_by_time_and_level(door: DoorClient) -> None:
    await keep_all(door, EVENTS)
    assert answered(await histogram(door, RANGE, "5m")) == {
        "from": f"{HOUR}:00:00Z",
        "to": f"{HOUR}:10:00Z",
        "step": "5m",
        "total": 4,
        "buckets": [
            {"time": f"{HOUR}:00:00Z", "total": 2, "levels": {"error": 2}},
            {"time": f"{HOUR}:05:00Z", "total": 2, "levels": {"critical": 1, "info": 1}},
        ],
    }


async def test_a_histogram_has_its_filter_and_every_bucket(door: DoorClient) -> None:
    await keep_all(door, EVENTS)
    filters: Filters = {"service": "shop", "from": f"{HOUR}:03:30Z", "to": f"{HOUR}:06:00.000000001Z"}
    answer = answered(await histogram(door, filters, "1m"))
    assert [(bucket["time"][14:], bucket["total"]) for bucket in answer["buckets"]] == [
        ("03:00Z", 0),
        ("04:00Z", 1),
        ("05:00Z", 1),
        ("06:00Z", 0),
    ]
    assert (answer["from"], answer["to"]) == (filters["from"], filters["to"])


async def test_repeats_count_at_the_time_of_their_entry(door: DoorClient) -> None:
    for minute in range(3):
        event = {"message": "m", "eventTime": f"{HOUR}:0{minute}:00Z", "useDebounce": {"key": "k"}}
        await keep(door, event)
    answer = answered(await histogram(door, RANGE, "1m"))
    assert [bucket["total"] for bucket in answer["buckets"]] == [3] + 9 * [0]


@pytest.mark.parametrize(
    ("filters", "step"),
    [
        ({"from": "-24h"}, "15m"),
        ({}, "15m"),
        ({"from": f"{HOUR}:00:00Z", "to": f"{HOUR}:03:20Z"}, "1s"),
        ({"from": f"{HOUR}:00:00Z", "to": f"{HOUR}:03:21Z"}, "5s"),
        ({"from": "2026-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z"}, "7d"),
    ],
)
async def test_the_step_is_the_smallest_that_gives_200_buckets(client: Client, filters: Filters, step: str) -> None:
    answer = answered(await histogram(client.rest, filters))
    assert answer["step"] == step
    assert len(answer["buckets"]) <= 200


async def test_what_is_logged_now_is_in_the_histogram_that_has_no_range(door: DoorClient) -> None:
    await keep(door, {"message": "now"})
    assert answered(await histogram(door))["total"] == 1


@pytest.mark.parametrize(
    ("filters", "step", "failure"),
    [
        ({"from": f"{HOUR}:00:00Z", "to": f"{HOUR}:03:21Z"}, "1s", Failure("INVALID_STEP", "step")),
        ({"from": "1999-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z"}, "", Failure("INVALID_STEP", "step")),
        (RANGE, "0s", Failure("INVALID_STEP", "step")),
        ({"from": "2200-01-01T00:00:00Z"}, "", Failure("INVALID_TIME_RANGE", "from")),
        ({"service": ""}, "", Failure("INVALID_FILTER", "service")),
    ],
)
async def test_a_histogram_that_cannot_be_is_refused(
    door: DoorClient, filters: Filters, step: str, failure: Failure
) -> None:
    assert await histogram(door, filters, step) == failure


@pytest.mark.parametrize("step", ["", "5x", "1.5s", "-5m", "1h 1h"])
async def test_a_step_that_cannot_be_read_is_refused(client: Client, step: str) -> None:
    answer = await client.rest.request("GET", "/histogram", params={"step": step})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_STEP")


async def test_facets_count_events_by_value(door: DoorClient) -> None:
    await keep_all(door, EVENTS)
    assert answered(await facets(door, {**RANGE, "to": f"{HOUR}:11:00Z"})) == {
        "from": f"{HOUR}:00:00Z",
        "to": f"{HOUR}:11:00Z",
        "total": 5,
        "levels": {"critical": 1, "error": 2, "info": 2},
        "services": [{"value": "shop", "eventCount": 3}, {"value": "mail", "eventCount": 2}],
        "components": [{"value": "smtp", "eventCount": 1}],
        "codes": [{"value": "E1", "eventCount": 1}, {"value": "E2", "eventCount": 1}],
        "environments": [{"value": "production", "eventCount": 1}],
    }
    narrowed = answered(await facets(door, {**RANGE, "level": "error"}))
    assert (narrowed["total"], narrowed["services"]) == (2, [{"value": "shop", "eventCount": 2}])
