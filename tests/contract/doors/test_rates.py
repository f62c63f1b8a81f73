"""A key sends no more events a second than it may, through all doors together."""

import pytest

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.results import BatchLogged, DoorClient, Event, Failure, Page, keep, keep_all

pytestmark = IN_SESSION

LIMITED = Failure("RATE_LIMITED", retry=True)
HELLO: Event = {"message": "hello"}


@pytest.fixture(params=["rest", "grpc"])
def name(request: pytest.FixtureRequest) -> str:
    """The name of a door."""
    return str(request.param)


async def test_what_is_over_the_rate_is_refused_until_the_bucket_fills(client: Client, clock: Clock, name: str) -> None:
    door = (await client.with_key(rate=5)).doors[name]
    for _ in range(5):
        await keep(door, HELLO)
    assert await door.log(HELLO) == LIMITED
    clock.seconds += 0.19
    assert await door.log(HELLO) == LIMITED
    clock.seconds += 0.01
    await keep(door, HELLO)
    assert await door.log(HELLO) == LIMITED
    clock.seconds += 100
    for _ in range(5):
        await keep(door, HELLO)
    assert await door.log(HELLO) == LIMITED


async def test_doors_share_the_rate_of_a_key(client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=2)
    await keep(limited.rest, HELLO)
    await keep(limited.grpc, HELLO)
    for door in limited.doors.values():
        assert await door.log(HELLO) == LIMITED


async def test_a_batch_costs_a_unit_for_each_of_its_events(client: Client, clock: Clock, name: str) -> None:
    door = (await client.with_key(rate=10)).doors[name]
    await keep_all(door, [HELLO] * 6)
    assert await door.log_batch([HELLO] * 5) == LIMITED
    # The refused request itself has cost its one unit.
    await keep_all(door, [HELLO] * 3)
    assert await door.log(HELLO) == LIMITED
    clock.seconds += 1
    await keep_all(door, [HELLO] * 10)
    assert await door.log_batch([]) == LIMITED


async def test_a_batch_larger_than_the_bucket_can_never_be_sent(client: Client, clock: Clock, name: str) -> None:
    door = (await client.with_key(rate=10)).doors[name]
    assert await door.log_batch([HELLO] * 11) == Failure("TOO_MANY_EVENTS")
    clock.seconds += 1
    await keep_all(door, [HELLO] * 10)


async def test_refused_events_cost_too_and_reading_does_not(client: Client, clock: Clock, name: str) -> None:
    door = (await client.with_key("ingest", "read", rate=3)).doors[name]
    assert await door.log({"message": ""}) == Failure("INVALID_MESSAGE", "message")
    batch = await door.log_batch([{}, {}])
    assert isinstance(batch, BatchLogged)
    assert await door.log(HELLO) == LIMITED
    assert isinstance(await door.entries(), Page)


async def test_a_key_that_may_not_log_is_not_limited_but_refused(client: Client, clock: Clock, name: str) -> None:
    door = (await client.with_key("read", rate=1)).doors[name]
    for _ in range(3):
        assert await door.log(HELLO) == Failure("INSUFFICIENT_SCOPE", "authorization")


async def test_the_flood_of_one_key_does_not_starve_another(client: Client, clock: Clock, name: str) -> None:
    flooding, quiet = await client.with_key(rate=1), await client.with_key(rate=1)
    await keep(flooding.doors[name], HELLO)
    for _ in range(10):
        assert await flooding.doors[name].log(HELLO) == LIMITED
    await keep(quiet.doors[name], HELLO)


async def test_browser_keys_have_a_rate_and_server_keys_have_none(client: Client, clock: Clock, name: str) -> None:
    browser = (await client.with_key(kind="browser", origins=("*",))).doors[name]
    await keep_all(browser, [HELLO] * 100)
    assert await browser.log(HELLO) == LIMITED
    for door in (client.doors[name], (await client.with_key(rate=0)).doors[name]):
        await keep_all(door, [HELLO] * 1000)


async def _headers(door_client: Client, method: str, path: str, **content: object) -> list[str]:
    answer = await door_client.rest.request(method, path, **content)  # type: ignore[arg-type]
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
    return [str(answer.status_code), *(answer.headers.get(name, "") for name in names)]


async def test_every_answer_to_a_limited_key_tells_its_rate(client: Client, clock: Clock) -> None:
    limited = await client.with_key("ingest", "read", rate=6)
    text = {"Content-Type": "text/plain"}
    assert await _headers(limited, "GET", "/entries") == ["200", "6", "6", "0", ""]
    assert await _headers(limited, "POST", "/log", json=HELLO) == ["200", "6", "5", "1", ""]
    assert await _headers(limited, "POST", "/log", json={}) == ["422", "6", "4", "1", ""]
    assert await _headers(limited, "POST", "/log", content=b"{") == ["415", "6", "3", "1", ""]
    assert await _headers(limited, "POST", "/log", content=b"x", headers=text) == ["415", "6", "2", "1", ""]
    assert await _headers(limited, "POST", "/log/batch", json=[HELLO] * 3) == ["429", "6", "1", "1", "1"]
    assert await _headers(limited, "POST", "/log/batch", json=[{}]) == ["200", "6", "0", "1", ""]
    assert await _headers(limited, "POST", "/log", json=HELLO) == ["429", "6", "0", "1", "1"]
    assert await _headers(limited, "GET", "/entries/none") == ["404", "6", "0", "1", ""]
    assert await _headers(limited, "GET", "/keys") == ["403", "6", "0", "1", ""]
    assert await _headers(client, "POST", "/log", json=HELLO) == ["200", "", "", "", ""]


async def test_an_old_answer_does_not_hinder_a_key_whose_rate_was_changed(client: Client, clock: Clock) -> None:
    limited = await client.with_key(rate=1)
    await keep(limited.rest, HELLO)
    assert await limited.rest.log(HELLO) == LIMITED
    keys = (await client.rest.request("GET", "/keys")).json()["keys"]
    (key_id,) = [key["id"] for key in keys if key.get("rate") == 1]
    assert (await client.rest.request("PATCH", f"/keys/{key_id}", json={"rate": 0})).status_code == 200
    door: DoorClient
    for door in limited.doors.values():
        await keep_all(door, [HELLO] * 50)
