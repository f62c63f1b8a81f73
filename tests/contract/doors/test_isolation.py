"""Keys, scopes, and organisations that never see one another."""

import pytest

from server.core.model import Scope
from tests.support.fixtures import IN_SESSION
from tests.support.grpc_door import GrpcDoor
from tests.support.in_process import Client, InProcessService
from tests.support.rest_door import RestDoor
from tests.support.results import BatchLogged, DoorClient, Failure, Page, find, keep, keep_all

pytestmark = IN_SESSION

NO_KEY = Failure("INVALID_API_KEY")
NO_SCOPE = Failure("INSUFFICIENT_SCOPE", "authorization")
NOT_FOUND = Failure("NOT_FOUND", "id")
HELLO = {"message": "hello"}


async def test_an_organisation_sees_its_own_entries_only(service: InProcessService, client: Client) -> None:
    other = await service.new_client()
    own = [await keep(door, {"message": "own"}) for door in client.doors.values()]
    foreign = [await keep(door, {"message": "foreign"}) for door in other.doors.values()]
    for door in client.doors.values():
        entries = await find(door)
        assert {entry["id"] for entry in entries} == {logged.entry_id for logged in own}
        assert {entry["organisation"] for entry in entries} == {client.organisation.name}
        for logged in foreign:
            assert await door.entry(logged.entry_id) == NOT_FOUND
        for logged in own:
            assert not isinstance(await door.entry(logged.entry_id), Failure)


@pytest.mark.parametrize("entry_id", ["0" * 16, "f" * 16, "8" * 17, "nothing", "é", "-1", "a" * 1000, "A" * 16])
async def test_an_id_that_is_none_is_not_found(door: DoorClient, entry_id: str) -> None:
    await keep(door, HELLO)
    assert await door.entry(entry_id) == NOT_FOUND


SCOPES: list[tuple[Scope, ...]] = [("ingest",), ("read",), ("triage",), ("ingest", "read"), ("admin",)]


@pytest.mark.parametrize("scopes", SCOPES, ids=" and ".join)
@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_key_may_do_what_its_scopes_say(client: Client, name: str, scopes: tuple[Scope, ...]) -> None:
    logged = await keep(client.rest, HELLO)
    door = (await client.with_key(*scopes)).doors[name]
    if {"ingest", "admin"} & set(scopes):
        await keep(door, HELLO)
        await keep_all(door, [HELLO])
    else:
        assert await door.log(HELLO) == NO_SCOPE
        assert await door.log_batch([HELLO]) == NO_SCOPE
    if {"read", "admin"} & set(scopes):
        assert isinstance(await door.entries(), Page)
        assert not isinstance(await door.entry(logged.entry_id), Failure)
    else:
        assert await door.entries() == NO_SCOPE
        assert await door.entry(logged.entry_id) == NO_SCOPE


KEYS = ["no key", "trk_" + "0" * 43, "x" * 4000]


@pytest.mark.parametrize("key", KEYS, ids=["text", "well-formed", "long"])
@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_key_that_is_none_is_refused_everywhere(client: Client, name: str, key: str) -> None:
    service = client.service
    door: DoorClient = RestDoor(service.http, key) if name == "rest" else GrpcDoor(service.channel, key)
    assert await door.log(HELLO) == NO_KEY
    assert await door.log_batch([HELLO]) == NO_KEY
    assert await door.entries() == NO_KEY
    assert await door.entry("0" * 16) == NO_KEY


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_who_has_no_key_learns_nothing_of_the_rest(client: Client, name: str) -> None:
    read_only = (await client.with_key("read")).doors[name]
    assert await read_only.log({"message": ""}) == NO_SCOPE
    ingest_only = (await client.with_key("ingest")).doors[name]
    assert await ingest_only.entries({"traceId": "bad"}, page_token="bad") == NO_SCOPE


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_revoked_key_is_refused_through_every_door(client: Client, name: str) -> None:
    other = await client.with_key("ingest", "read")
    for door in other.doors.values():
        await keep(door, HELLO)
    for key in await client.service.core.services.administration.list_keys(client.organisation.id):
        if key.scopes == {"ingest", "read"}:
            answer = await client.rest.request("DELETE", f"/keys/{key.id}")
            assert answer.status_code == 204
    assert await other.doors[name].log(HELLO) == NO_KEY
    assert await other.doors[name].entries() == NO_KEY


@pytest.mark.parametrize("name", ["rest", "grpc"])
async def test_a_browser_key_debounces_unless_it_says_otherwise(client: Client, name: str) -> None:
    browser = await client.with_key(kind="browser", origins=("*",))
    door = browser.doors[name]
    assert [(await keep(door, HELLO)).outcome for _ in range(2)] == ["stored", "debounced"]
    batch = await door.log_batch([HELLO, {"message": "other"}])
    assert isinstance(batch, BatchLogged)
    assert batch.outcomes == {"stored": 1, "debounced": 1, "duplicate": 0, "rejected": 0}
    other, entry = await find(client.doors[name])
    assert (other["eventCount"], entry["eventCount"]) == (1, 3)
    assert entry["debounceKey"] == entry["groupId"]


async def test_a_browser_key_that_is_bound_to_pages_is_refused_elsewhere(client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=("https://shop.example",))
    for door in browser.doors.values():
        assert await door.log(HELLO) == Failure("ORIGIN_NOT_ALLOWED", "origin")
    headers = {"Origin": "https://shop.example"}
    assert (await browser.rest.request("POST", "/log", json=HELLO, headers=headers)).status_code == 200


async def test_an_explicit_false_of_a_browser_is_honoured(client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=("*",))
    plain = {**HELLO, "useDebounce": False}
    for _ in range(2):
        assert (await keep(browser.rest, plain)).outcome == "stored"
    assert await keep_all(browser.rest, [plain, plain]) == {"stored": 2, "debounced": 0, "duplicate": 0, "rejected": 0}
    assert await keep_all(browser.rest_lines, [HELLO, HELLO]) == {
        "stored": 1,
        "debounced": 1,
        "duplicate": 0,
        "rejected": 0,
    }
