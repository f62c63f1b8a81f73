"""Pages of other origins: CORS on every answer, and keys that are made for browsers."""

from typing import Any

import pytest

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.raw_http import connected
from tests.support.rest_door import batch_of, failure_of
from tests.support.results import Failure, find

pytestmark = IN_SESSION

API = "/api/v1/tracking"
SHOP = "https://shop.example"
EXPOSED = {
    "Tracking-Outcome",
    "Tracking-Entry-Id",
    "Tracking-Event-Count",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
}
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


def assert_readable(headers: Any, origin: str = SHOP) -> None:
    """A page of this origin may read the answer, and all that it needs of its head."""
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Vary"] == "Origin"
    assert set(headers["Access-Control-Expose-Headers"].split(", ")) == EXPOSED
    assert "Access-Control-Allow-Credentials" not in headers


ANSWERS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "kept": (200, "POST", "/log", {"json": {"message": "x"}}),
    "batch": (200, "POST", "/log/batch", {"json": []}),
    "entries": (200, "GET", "/entries", {}),
    "keys": (200, "GET", "/keys", {}),
    "not JSON": (400, "POST", "/log", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "no key": (401, "POST", "/log", {"headers": {"Authorization": "Bearer none"}}),
    "unknown entry": (404, "GET", "/entries/none", {}),
    "unknown address": (404, "GET", "/none", {}),
    "unknown method": (405, "PUT", "/log", {}),
    "too large": (413, "POST", "/log", {"content": b" " * 6_000_000}),
    "no type": (415, "POST", "/log", {"content": b"{}"}),
    "no message": (422, "POST", "/log", {"json": {}}),
}


@pytest.mark.parametrize(("status", "method", "path", "content"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_a_page_can_read_every_answer(
    client: Client, status: int, method: str, path: str, content: dict[str, Any]
) -> None:
    headers = {"Origin": SHOP, **content.get("headers", {})}
    answer = await client.rest.request(method, path, **{**content, "headers": headers})
    assert answer.status_code == status
    assert_readable(answer.headers)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/openapi.json"])
async def test_a_page_can_read_what_needs_no_key(service: InProcessService, path: str) -> None:
    assert_readable((await service.http.get(path, headers={"Origin": "null"})).headers, "null")


async def test_a_page_can_read_that_it_is_not_allowed_or_too_fast(client: Client, clock: Clock) -> None:
    bound = await client.with_key(kind="browser", origins=(SHOP,), rate=1)
    other = await bound.rest.request("POST", "/log", json={"message": "x"}, headers={"Origin": "https://evil.example"})
    assert failure_of(other) == Failure("ORIGIN_NOT_ALLOWED", "origin")
    assert_readable(other.headers, "https://evil.example")
    answers = [
        await bound.rest.request("POST", "/log", json={"message": "x"}, headers={"Origin": SHOP}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 429]
    for answer in answers:
        assert_readable(answer.headers)
        assert answer.headers["X-RateLimit-Limit"] == "1"


async def test_without_an_origin_nothing_is_said_of_origins(client: Client) -> None:
    answer = await client.rest.request("POST", "/log", json={"message": "x"})
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]


PATHS = {
    "/log": "POST",
    "/log/batch": "POST",
    "/entries": "DELETE, GET",
    "/entries/x": "GET",
    "/keys": "GET, POST",
    "/keys/x": "DELETE, PATCH",
    "/settings": "GET, PUT",
}


@pytest.mark.parametrize(("path", "methods"), PATHS.items(), ids=PATHS.keys())
async def test_a_preflight_is_answered_without_a_key_for_any_origin(
    service: InProcessService, path: str, methods: str
) -> None:
    answer = await service.http.options(f"{API}{path}", headers={**PREFLIGHT, "Origin": "https://any.example:8443"})
    assert answer.status_code == 204
    assert answer.content == b""
    assert_readable(answer.headers, "https://any.example:8443")
    assert answer.headers["Access-Control-Allow-Methods"] == methods
    allowed = set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert allowed == {"authorization", "content-type", "content-encoding", "idempotency-key", "traceparent"}
    assert answer.headers["Access-Control-Max-Age"] == "86400"


async def test_a_preflight_of_an_unknown_address_is_404(service: InProcessService) -> None:
    answer = await service.http.options(f"{API}/none", headers=PREFLIGHT)
    assert answer.status_code == 404
    assert_readable(answer.headers)


ORIGINS: dict[str, tuple[tuple[str, ...], list[str | None], list[str | None]]] = {
    "exact": (
        (SHOP,),
        [SHOP, "HTTPS://SHOP.EXAMPLE"],
        [
            None,
            "null",
            "http://shop.example",
            "https://shop.example:8443",
            "https://a.shop.example",
            f"{SHOP}.evil.example",
        ],
    ),
    "with a port": (
        ("http://localhost:3000",),
        ["http://localhost:3000"],
        ["http://localhost", "http://localhost:3001"],
    ),
    "wildcard": (
        ("https://*.shop.example",),
        ["https://a.shop.example", "https://b-1.shop.example"],
        [
            None,
            SHOP,
            "https://a.b.shop.example",
            "https://.shop.example",
            "http://a.shop.example",
            "https://a.shop.example:1",
        ],
    ),
    "several": ((SHOP, "https://*.other.example"), [SHOP, "https://a.other.example"], ["https://a.shop.example"]),
    "any": (("*",), [None, "null", SHOP, "anything"], []),
}


@pytest.mark.parametrize(("origins", "allowed", "refused"), ORIGINS.values(), ids=ORIGINS.keys())
async def test_a_browser_key_is_for_its_origins(
    client: Client, origins: tuple[str, ...], allowed: list[str | None], refused: list[str | None]
) -> None:
    door = (await client.with_key(kind="browser", origins=origins)).rest
    for origin in (*allowed, *refused):
        headers = {} if origin is None else {"Origin": origin}
        answer = await door.request("POST", "/log", json={"message": "x"}, headers=headers)
        assert answer.status_code == (200 if origin in allowed else 403), origin


async def test_a_beacon_is_kept(client: Client) -> None:
    key = (await client.with_key(kind="browser", origins=(SHOP,))).key
    headers = {"Origin": SHOP, "Content-Type": "text/plain;charset=UTF-8"}
    http = client.service.http
    answer = await http.post(f"{API}/log?apiKey={key}", content=b'{"message": "beacon"}', headers=headers)
    assert (answer.status_code, answer.content) == (200, b'{"success": true}')
    bodies = {
        b' [{"message": "array"}, {}]': (1, 1),
        b'{"message": "line 1"}\n{"message": "line 2"}\nno': (2, 1),
        b"": (0, 0),
        b"[]": (0, 0),
    }
    for body, (stored, rejected) in bodies.items():
        answer = await http.post(f"{API}/log/batch?apiKey={key}", content=body, headers=headers)
        assert answer.status_code == 200
        outcomes = batch_of(answer.json()).outcomes
        assert (outcomes["stored"] + outcomes["debounced"], outcomes["rejected"]) == (stored, rejected)
    assert {entry["message"] for entry in await find(client.rest)} >= {"beacon", "array"}


@pytest.mark.parametrize("path", ["/log", "/log/batch"])
async def test_plain_text_is_for_browser_keys_alone(client: Client, path: str) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = await client.rest.request("POST", path, content=b'{"message": "x"}', headers=headers)
    assert answer.status_code == 415


async def test_a_browser_key_only_ingests(client: Client) -> None:
    browser = (await client.with_key(kind="browser", origins=("*",))).rest
    for method, path in (("GET", "/entries"), ("GET", "/keys"), ("POST", "/keys"), ("DELETE", "/keys/x")):
        answer = await browser.request(method, path)
        assert failure_of(answer) == Failure("INSUFFICIENT_SCOPE", "authorization")


async def test_an_origin_that_is_no_text_harms_nobody(service: InProcessService) -> None:
    head = f"GET {API}/entries HTTP/1.1\r\nHost: test\r\nOrigin: ".encode() + b"https://\xff\xc3\xa9\r\n\r\n"
    async with connected(service.http_port) as connection:
        await connection.send(head)
        answer = await connection._reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Access-Control-Allow-Origin: https://\xff\xc3\xa9\r\n" in answer
