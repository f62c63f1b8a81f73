"""What `/openapi.json` shows works: each request is sent, each error is provoked or made from the code."""

from typing import Any

import httpx
import msgspec
import pytest

from server.core.errors import Draining, Internal, Overloaded, RateLimited, StoreUnavailable, TrackingError
from server.http_api.errors import error_body
from server.transport.http.faults import fault_of
from server.transport.http.protocol import TooSlow
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.openapi import COMPONENTS, Example, differences, request_examples

ORIGIN = "https://shop.example"

MADE: dict[str, TrackingError] = {
    "TooSlow/slow": fault_of(TooSlow("The request did not arrive in time.")).error,
    "RateLimited/rate": RateLimited(),
    "Internal/bug": Internal(),
    "Unavailable/store": StoreUnavailable(),
    "Unavailable/overloaded": Overloaded(),
    "Unavailable/draining": Draining(),
}
"""What cannot be provoked in a moment."""

REFUSED: dict[str, tuple[str, str, dict[str, str], bytes | None]] = {
    "NotJson/broken": ("POST", "/log", {}, b'{"message": Hello}'),
    "InvalidApiKey/none": ("POST", "/log", {"Authorization": ""}, b"{}"),
    "NotAllowed/scope": ("GET", "/entries", {}, None),
    "NotFound/entry": ("GET", "/entries/0123456789abcdef", {}, None),
    "MethodNotAllowed/put": ("PUT", "/log", {}, b"{}"),
    "TooLarge/event": ("POST", "/log", {}, b'{"message": "%b"}' % (b"a" * (1024**2 + 1))),
    "TooLarge/request": ("POST", "/log", {}, b'{"message": "%b"}' % (b"a" * 5 * 1024**2)),
    "TooLarge/batch": ("POST", "/log/batch", {"Content-Type": "application/x-ndjson"}, b"{}\n" * 10_001),
    "UnsupportedMediaType/form": ("POST", "/log", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b"),
    "InvalidField/level": ("POST", "/log", {}, b'{"message": "Hello", "level": "warn"}'),
    "InvalidField/interval": ("POST", "/log", {}, b'{"message": "Hello", "useDebounce": {"maxInterval": "1w"}}'),
}
"""A request that is refused in the words of each example."""


@IN_SESSION
@pytest.mark.parametrize("shown", [*request_examples()], ids=lambda shown: shown.id)
async def test_every_request_that_is_shown_works_and_is_answered_as_the_document_says(
    client: Client, shown: Example
) -> None:
    answer = await send(client, shown)
    assert answer.is_success, answer.text
    assert differences(shown.operation, answer) == []


async def send(client: Client, shown: Example) -> httpx.Response:
    """Send an example, with a key that has a rate; ids in the address are those of something that exists."""
    headers = dict(shown.headers)
    if shown.media_type == "text/plain":
        client = await client.with_key(kind="browser", origins=(ORIGIN,))
        headers["Origin"] = ORIGIN
    else:
        client = await client.with_key("admin", rate=100)
    if shown.operation.value.get("security") != []:
        headers["Authorization"] = f"Bearer {client.key}"
    if shown.media_type is not None:
        headers["Content-Type"] = shown.media_type
    path = shown.operation.path
    if "{id}" in path:
        path = path.replace("{id}", await id_for(client, path))
    content = shown.body.encode() if isinstance(shown.body, str) else msgspec.json.encode(shown.body)
    return await client.service.http.request(
        shown.operation.method,
        path,
        params=shown.query,
        headers=headers,
        content=None if shown.media_type is None else content,
    )


async def id_for(client: Client, path: str) -> str:
    if "/entries/" in path:
        logged = await client.rest.request("POST", "/log", json={"message": "Hello"})
        return str(logged.headers["Tracking-Entry-Id"])
    if "/groups/" in path:
        await client.rest.request("POST", "/log", json={"message": "Hello"})
        return str((await client.rest.request("GET", "/groups")).json()["groups"][0]["id"])
    browser_key = {"kind": "browser", "origins": [ORIGIN]}
    return str((await client.rest.request("POST", "/keys", json=browser_key)).json()["id"])


@IN_SESSION
@pytest.mark.parametrize("name", REFUSED)
async def test_an_error_that_is_shown_is_what_the_server_answers(client: Client, name: str) -> None:
    method, path, headers, body = REFUSED[name]
    if name.startswith("NotAllowed"):
        client = await client.with_key("ingest")
    answer = await client.rest.request(
        method, path, headers={"Content-Type": "application/json", **headers}, content=body
    )
    response, example = shown_error(name)
    assert answer.json() == example
    for header in response.get("headers", {}):
        assert header in answer.headers


@IN_SESSION
async def test_a_browser_key_of_another_origin_is_refused_as_shown(client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=(ORIGIN,))
    answer = await browser.rest.request(
        "POST", "/log", json={"message": "Hello"}, headers={"Origin": "https://a.example"}
    )
    assert answer.json() == shown_error("NotAllowed/origin")[1]


@pytest.mark.parametrize("name", MADE)
def test_an_error_that_is_shown_has_the_words_of_the_code(name: str) -> None:
    assert shown_error(name)[1] == {"success": False, "error": msgspec.to_builtins(error_body(MADE[name]))}


def test_every_error_that_is_shown_is_held_against_the_code() -> None:
    shown = {f"{name}/{key}" for name, value in COMPONENTS["responses"].items() for key in examples_of(value)}
    assert shown == REFUSED.keys() | MADE.keys() | {"NotAllowed/origin"}


def shown_error(name: str) -> tuple[dict[str, Any], Any]:
    response, _, key = name.partition("/")
    value = COMPONENTS["responses"][response]
    return value, examples_of(value)[key]["value"]


def examples_of(response: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = response["content"]["application/json"]["examples"]
    return examples
