"""The order of checks: route, key, scope and origin, rate, declared size, type and encoding, body, JSON, fields."""

from typing import Any

import pytest

from tests.support.clocks import Clock
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.rest_door import failure_of

pytestmark = IN_SESSION

LARGE = b" " * 6_000_000
GZIP_OF_NOTHING = b"\x1f\x8b"


async def code_of(client: Client, path: str, key: str | None, **request: Any) -> str:
    """The code of the error that a request ends in."""
    headers = dict(request.pop("headers", {}))
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    answer = await client.service.http.request(
        request.pop("method", "POST"), f"/api/v1/tracking{path}", headers=headers, **request
    )
    return failure_of(answer).code


async def test_each_check_comes_before_those_behind_it(client: Client, clock: Clock) -> None:
    everything: dict[str, Any] = {"content": LARGE, "headers": {"Content-Type": "a/b", "Content-Encoding": "c"}}
    browser = (await client.with_key(kind="browser", origins=("https://shop.example",))).key
    used_up = await client.with_key(rate=1)
    await used_up.rest.log({"message": "x"})
    reader = (await client.with_key("read")).key
    assert await code_of(client, "/logs", "no key", **everything) == "NOT_FOUND"
    assert await code_of(client, "/log", "no key", method="PUT", **everything) == "METHOD_NOT_ALLOWED"
    assert await code_of(client, "/log", None, **everything) == "INVALID_API_KEY"
    assert await code_of(client, "/log", reader, **everything) == "INSUFFICIENT_SCOPE"
    assert await code_of(client, "/log", browser, **everything) == "ORIGIN_NOT_ALLOWED"
    assert await code_of(client, "/log", used_up.key, **everything) == "RATE_LIMITED"
    assert await code_of(client, "/log", client.key, **everything) == "REQUEST_TOO_LARGE"
    everything["content"] = GZIP_OF_NOTHING
    assert await code_of(client, "/log", client.key, **everything) == "UNSUPPORTED_MEDIA_TYPE"
    everything["headers"]["Content-Type"] = "application/json"
    assert await code_of(client, "/log", client.key, **everything) == "UNSUPPORTED_MEDIA_TYPE"
    everything["headers"]["Content-Encoding"] = "gzip"
    assert await code_of(client, "/log", client.key, **everything) == "INVALID_JSON"
    del everything["headers"]["Content-Encoding"]
    everything["content"] = b"[{}"
    assert await code_of(client, "/log", client.key, **everything) == "INVALID_JSON"
    everything["content"] = b"[{}]"
    assert await code_of(client, "/log", client.key, **everything) == "INVALID_BODY"
    everything["content"] = b'{"level": "none"}'
    assert await code_of(client, "/log", client.key, **everything) == "INVALID_MESSAGE"


async def test_the_other_units_of_a_batch_come_behind_its_decoding_and_before_its_fields(
    client: Client, clock: Clock
) -> None:
    limited = await client.with_key(rate=3)
    json = {"Content-Type": "application/json"}
    assert await code_of(client, "/log/batch", limited.key, content=b"[{},{},{},{}", headers=json) == "INVALID_JSON"
    assert await code_of(client, "/log/batch", limited.key, content=b"[{},{},{},{}]", headers=json) == "TOO_MANY_EVENTS"
    assert await code_of(client, "/log/batch", limited.key, content=b"[{},{},{}]", headers=json) == "RATE_LIMITED"


@pytest.mark.parametrize("path", ["/entries", "/entries/x", "/keys"])
async def test_reading_asks_for_the_key_before_anything_else(client: Client, path: str) -> None:
    ingest_only = (await client.with_key("ingest")).key
    bad = "?pageSize=0&level=none&pageToken=x&q="
    assert await code_of(client, path + bad, None, method="GET") == "INVALID_API_KEY"
    assert await code_of(client, path + bad, ingest_only, method="GET") == "INSUFFICIENT_SCOPE"
