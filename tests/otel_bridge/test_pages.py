"""OTLP over HTTP from web pages: browser keys, origins, and what a page may read."""

import sys

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.otlp_client import (
    JSON,
    LOGS,
    logs,
    logs_json,
    otlp_http,
)
from tests.support.raw_http import connected, request

if sys.version_info >= (3, 14):
    pass
else:
    pass

pytestmark = IN_SESSION

SHOP = "https://shop.example"


async def test_browser_keys_work_from_their_origins_alone(port: int, client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=(SHOP,))
    async with otlp_http(port, browser.key) as otlp:
        answers = [
            await otlp.post(logs_json("x"), JSON, **fields)
            for fields in ({"Origin": SHOP}, {"Origin": "https://a.b"}, {})
        ]
    assert [answer.status for answer in answers] == [200, 403, 403]
    assert answers[0].fields["access-control-allow-origin"] == SHOP
    # The page has to be able to read why not.
    assert answers[1].fields["access-control-allow-origin"] == "https://a.b"
    assert {answer.fields["vary"] for answer in answers[:2]} == {"Origin"}
    assert "Retry-After" in answers[1].fields["access-control-expose-headers"]


async def test_a_page_sends_no_more_at_once_than_over_rest(port: int, client: Client) -> None:
    browser = await client.with_key(kind="browser", origins=(SHOP,))
    large = logs(*["x" * 900_000] * 7).SerializeToString()
    for key, status in ((browser.key, 413), (client.key, 200)):
        async with otlp_http(port, key) as otlp:
            assert (await otlp.post(large, Origin=SHOP)).status == status


async def test_a_preflight_needs_no_key(port: int) -> None:
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    async with connected(port) as connection:
        answer = await connection.ask(request("OPTIONS", LOGS, asked))
    assert answer.status == 204
    assert answer.fields["access-control-allow-origin"] == SHOP
    assert answer.fields["access-control-allow-methods"] == "POST"
    allowed = answer.fields["access-control-allow-headers"]
    assert allowed == "authorization, content-type, content-encoding, idempotency-key, traceparent"


async def test_a_page_can_read_every_error(port: int) -> None:
    async with otlp_http(port, "none") as otlp:
        for answer in (
            await otlp.post(b"x", Origin=SHOP),
            await otlp.ask("PUT", LOGS, b"", Origin=SHOP),
        ):
            assert answer.fields["access-control-allow-origin"] == SHOP
