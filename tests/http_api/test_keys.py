"""Keys over REST: made, listed, changed, revoked; a secret is told once."""

from typing import Any

import httpx
import msgspec
import pytest

from server.storage.sqlite.store import SqliteDirectory
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.rest_door import RestDoor, failure_of
from tests.support.results import Failure, Logged

pytestmark = IN_SESSION

HELLO = {"message": "hello"}


async def create(client: Client, **fields: Any) -> dict[str, Any]:
    """A new key."""
    answer = await client.rest.request("POST", "/keys", json=fields)
    assert answer.status_code == 201
    key: dict[str, Any] = answer.json()
    return key


async def listed(client: Client, key_id: str) -> dict[str, Any]:
    """A key as the list has it."""
    keys = (await client.rest.request("GET", "/keys")).json()["keys"]
    (key,) = [key for key in keys if key["id"] == key_id]
    return dict(key)


def door_of(client: Client, key: dict[str, Any]) -> RestDoor:
    """REST with a key as it was made."""
    return RestDoor(client.service.http, key["key"])


async def test_a_key_without_wishes_is_a_server_key_that_ingests(client: Client) -> None:
    key = await create(client)
    assert key.keys() == {"id", "organisation", "kind", "scopes", "origins", "createTime", "key"}
    assert (key["kind"], key["scopes"], key["origins"]) == ("server", ["ingest"], [])
    assert key["organisation"] == client.organisation.name
    assert key["key"].startswith("trk_")
    assert len(key["key"]) == len("trk_") + 43
    assert key["key"][4:].isalnum()
    assert isinstance(await door_of(client, key).log(HELLO), Logged)


async def test_a_key_has_what_was_wished(client: Client) -> None:
    wishes = {"name": "shop", "kind": "browser", "scopes": ["ingest"], "origins": ["https://a.example"], "rate": 7}
    key = await create(client, **wishes)
    assert wishes.items() <= key.items()
    assert key["key"].startswith("trkb_")
    server = await create(client, name="all", scopes=["admin", "read", "ingest", "triage"], rate=0)
    assert sorted(server["scopes"]) == ["admin", "ingest", "read", "triage"]
    assert server["rate"] == 0


async def test_a_secret_is_told_once(client: Client) -> None:
    key = await create(client, name="once")
    answers = [
        await client.rest.request("GET", "/keys"),
        await client.rest.request("PATCH", f"/keys/{key['id']}", json={"name": "twice"}),
        await client.rest.request("GET", "/keys"),
        await client.service.http.get("/metrics"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert key["key"] not in answer.text
    assert await listed(client, key["id"]) == {**{name: key[name] for name in key if name != "key"}, "name": "twice"}


async def test_the_list_tells_of_use_and_revocation(client: Client) -> None:
    key = await create(client)
    assert {"lastUseTime", "revokeTime"}.isdisjoint(await listed(client, key["id"]))
    await door_of(client, key).log(HELLO)
    await client.service.core._maintenance._record_use()
    assert (await listed(client, key["id"]))["lastUseTime"] > key["createTime"]
    answer = await client.rest.request("DELETE", f"/keys/{key['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await listed(client, key["id"]))["revokeTime"] > key["createTime"]


async def test_a_revoked_key_is_refused_at_once_and_for_ever(client: Client) -> None:
    key = await create(client, scopes=["admin"])
    door = door_of(client, key)
    assert isinstance(await door.log(HELLO), Logged)
    first = await client.rest.request("DELETE", f"/keys/{key['id']}")
    assert await door.log(HELLO) == Failure("INVALID_API_KEY")
    revoked = (await listed(client, key["id"]))["revokeTime"]
    again = await client.rest.request("DELETE", f"/keys/{key['id']}")
    assert first.status_code == again.status_code == 204
    assert (await listed(client, key["id"]))["revokeTime"] == revoked
    changed = await client.rest.request("PATCH", f"/keys/{key['id']}", json={"name": "x"})
    assert changed.status_code == 422
    assert await door.log(HELLO) == Failure("INVALID_API_KEY")


async def test_a_key_that_somebody_else_revoked_is_refused_within_30_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await create(client)
    door = door_of(client, key)
    assert isinstance(await door.log(HELLO), Logged)
    # As the command line does it, beside the running service.
    directory = SqliteDirectory(client.service.folder / "tracking.db")
    (kept,) = [one for one in await directory.list_keys(client.organisation.id) if one.id == key["id"]]
    await directory.change_key(_revoked(kept), {"revoke_time"})
    await directory.close()
    admission = client.service.core.services.admission
    clock = admission._clock
    monkeypatch.setattr(admission, "_clock", lambda: clock() + 30)
    assert await door.log(HELLO) == Failure("INVALID_API_KEY")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (True, True),
        ({}, True),
        (False, None),
        (None, None),
        ({"key": "k"}, {"key": "k"}),
        ({"customKey": "k", "maxInterval": 90}, {"key": "k", "maxInterval": "1h 30m"}),
        ({"maxInterval": "90s"}, {"maxInterval": "1m 30s"}),
        ({"maxInterval": 0.0255}, {"maxInterval": 0.0255}),
    ],
)
async def test_a_key_tells_how_records_of_otlp_are_debounced(client: Client, sent: Any, shown: Any) -> None:
    key = await create(client, otlpDebounce=sent)
    assert key.get("otlpDebounce") == shown
    # What was shown may be sent.
    again = await client.rest.request("PATCH", f"/keys/{key['id']}", json={"otlpDebounce": shown, "name": "x"})
    assert again.json().get("otlpDebounce") == (await listed(client, key["id"])).get("otlpDebounce") == shown


async def test_what_is_for_otlp_changes_and_goes_alone(client: Client) -> None:
    key = await create(client, name="bridge", otlpDebounce=True, otlpComponent="collector", rate=5)
    kept = await listed(client, key["id"])
    assert (kept["otlpDebounce"], kept["otlpComponent"]) == (True, "collector")
    changes: list[tuple[dict[str, Any], Any, Any]] = [
        ({"rate": 6}, True, "collector"),
        ({"otlpDebounce": False}, None, "collector"),
        ({"otlpDebounce": None, "otlpComponent": None}, None, "collector"),
        ({"otlpComponent": ""}, None, None),
        ({}, None, None),
        ({"otlpDebounce": {"key": "k"}}, {"key": "k"}, None),
    ]
    for change, debounce, component in changes:
        answer = await client.rest.request("PATCH", f"/keys/{key['id']}", json=change)
        assert answer.status_code == 200
        assert answer.json().items() <= (await listed(client, key["id"])).items()
        assert (answer.json().get("otlpDebounce"), answer.json().get("otlpComponent")) == (debounce, component)
    assert (await listed(client, key["id"]))["rate"] == 6


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        ({"otlpDebounce": 5}, Failure("INVALID_DEBOUNCE", "otlpDebounce")),
        ({"otlpDebounce": {"every": "5m"}}, Failure("INVALID_DEBOUNCE", "otlpDebounce.every")),
        ({"otlpDebounce": {"maxInterval": "soon"}}, Failure("INVALID_DEBOUNCE_INTERVAL", "otlpDebounce.maxInterval")),
        ({"otlpDebounce": {"key": ""}}, Failure("INVALID_DEBOUNCE_KEY", "otlpDebounce.key")),
        ({"otlpDebounce": {"key": "a", "customKey": "b"}}, Failure("INVALID_DEBOUNCE_KEY", "otlpDebounce.customKey")),
        ({"otlpComponent": "c" * 201}, Failure("INVALID_FIELD", "otlpComponent")),
        ({"otlpComponent": 5}, Failure("INVALID_FIELD", "otlpComponent")),
    ],
)
async def test_what_cannot_be_for_otlp_is_refused_by_its_name(client: Client, sent: Any, failure: Failure) -> None:
    assert failure_of(await client.rest.request("POST", "/keys", json=sent)) == failure
    key = await create(client)
    assert failure_of(await client.rest.request("PATCH", f"/keys/{key['id']}", json=sent)) == failure


async def test_a_change_holds_at_once(client: Client) -> None:
    key = await create(client, scopes=["ingest"])
    door = door_of(client, key)
    assert isinstance(await door.log(HELLO), Logged)
    answer = await client.rest.request("PATCH", f"/keys/{key['id']}", json={"scopes": ["read"], "rate": 5})
    assert answer.status_code == 200
    assert answer.json() == await listed(client, key["id"])
    assert await door.log(HELLO) == Failure("INSUFFICIENT_SCOPE", "authorization")
    assert (await door.request("GET", "/entries")).headers["X-RateLimit-Limit"] == "5"


async def test_what_is_not_changed_stays(client: Client) -> None:
    key = await create(client, name="n", kind="browser", origins=["https://a.example"], rate=3)
    before = await listed(client, key["id"])
    for change in ({}, dict.fromkeys(("name", "scopes", "origins", "rate", "kind"))):
        answer = await client.rest.request("PATCH", f"/keys/{key['id']}", json=change)
        assert answer.json() == before


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "kind": ({"kind": "robot"}, "kind"),
    "no scope": ({"scopes": []}, "scopes"),
    "unknown scope": ({"scopes": ["ingest", "everything"]}, "scopes"),
    "scopes as text": ({"scopes": "ingest"}, "scopes"),
    "scopes of another type": ({"scopes": [["ingest"]]}, "scopes"),
    "long name": ({"name": "n" * 201}, "name"),
    "name of another type": ({"name": 5}, "name"),
    "name with a control character": ({"name": "a\nb"}, "name"),
    "negative rate": ({"rate": -1}, "rate"),
    "rate with a fraction": ({"rate": 1.5}, "rate"),
    "rate as text": ({"rate": "5"}, "rate"),
    "boolean rate": ({"rate": True}, "rate"),
    "huge rate": ({"rate": 10**30}, "rate"),
    "browser without origins": ({"kind": "browser"}, "origins"),
    "browser that reads": ({"kind": "browser", "scopes": ["read"], "origins": ["*"]}, "scopes"),
    "server with origins": ({"origins": ["https://a.example"]}, "origins"),
    "origin with a path": ({"kind": "browser", "origins": ["https://a.example/"]}, "origins"),
    "origin without a scheme": ({"kind": "browser", "origins": ["a.example"]}, "origins"),
    "origins as text": ({"kind": "browser", "origins": "https://a.example"}, "origins"),
    "unknown field": ({"role": "owner"}, "role"),
    "own secret": ({"key": "trk_mine"}, "key"),
}


@pytest.mark.parametrize(("fields", "field"), WRONG.values(), ids=WRONG.keys())
async def test_a_key_that_cannot_be_is_refused_by_its_field(client: Client, fields: dict[str, Any], field: str) -> None:
    answer = await client.rest.request("POST", "/keys", json=fields)
    assert answer.status_code == 422
    assert failure_of(answer) == Failure("INVALID_FIELD", field)
    assert len((await client.rest.request("GET", "/keys")).json()["keys"]) == 1


async def test_a_key_of_another_organisation_is_not_found(service: InProcessService, client: Client) -> None:
    other = await service.new_client()
    foreign = await create(other)
    for method, content in (("PATCH", {"json": {"name": "mine"}}), ("DELETE", {})):
        answer = await client.rest.request(method, f"/keys/{foreign['id']}", **content)
        assert answer.status_code == 404
        assert failure_of(answer) == Failure("NOT_FOUND", "id")
    assert foreign["id"] not in (await client.rest.request("GET", "/keys")).text
    assert isinstance(await door_of(client, foreign).log(HELLO), Logged)


async def test_only_administrators_see_keys(client: Client) -> None:
    key = await create(client)
    others = (await client.with_key("ingest", "read", "triage")).rest
    answers: list[httpx.Response] = [
        await others.request("GET", "/keys"),
        await others.request("POST", "/keys", json={}),
        await others.request("PATCH", f"/keys/{key['id']}", json={}),
        await others.request("DELETE", f"/keys/{key['id']}"),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert failure_of(answer) == Failure("INSUFFICIENT_SCOPE", "authorization")


@pytest.mark.parametrize(("body", "status"), [(b"[]", 422), (b"null", 422), (b"{", 400), (b"", 400)])
async def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes, status: int) -> None:
    answer = await client.rest.request("POST", "/keys", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status


def _revoked(key: Any) -> Any:
    return msgspec.structs.replace(key, revoke_time=key.create_time + 1)
