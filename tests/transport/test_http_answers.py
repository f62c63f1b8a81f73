"""What surrounds an answer: errors in one shape, cross-origin fields, credentials."""

import pytest
from sanic import HTTPResponse
from sanic.compat import Header

from server.transport.http.app import new_app
from server.transport.http.bearer import bearer_key, query_key
from server.transport.http.head import StrictRequest
from tests.support.raw_http import Answer, chunked, connected, request
from tests.support.small_door import LIMIT_BYTES, SmallDoor

PAGE = "https://shop.example"


async def ask(door: SmallDoor, data: bytes) -> Answer:
    async with connected(door.port) as connection:
        return await connection.ask(data)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (request("GET", "/nowhere"), 404, "NOT_FOUND"),
        (request("DELETE", "/echo"), 405, "METHOD_NOT_ALLOWED"),
        (request("GET", "/echo"), 405, "METHOD_NOT_ALLOWED"),
        (request("POST", "/echo", {"Content-Length": str(LIMIT_BYTES + 1)}), 413, "REQUEST_TOO_LARGE"),
        (request("GET", "/broken"), 500, "INTERNAL"),
        (b"nonsense\r\n\r\n", 400, "INVALID_BODY"),
    ],
    ids=["404", "405", "405 for GET", "413", "500", "400"],
)
async def test_every_error_has_one_shape(door: SmallDoor, data: bytes, status: int, code: str) -> None:
    answer = await ask(door, data)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert answer.fields["content-type"] == "application/json"
    assert answer.json["error"]["message"]
    assert answer.json["error"]["description"]
    assert "Traceback" not in answer.body.decode()


async def test_405_says_what_is_allowed(door: SmallDoor) -> None:
    assert (await ask(door, request("DELETE", "/echo"))).fields["allow"] == "POST, PUT"


@pytest.mark.parametrize("path", ["/hello", "/nowhere", "/broken", "/echo"])
async def test_every_answer_to_a_page_can_be_read_by_it(door: SmallDoor, path: str) -> None:
    fields = (await ask(door, request("GET", path, {"Origin": PAGE}))).fields
    assert fields["access-control-allow-origin"] == PAGE
    assert fields["vary"] == "Origin"
    assert "access-control-allow-credentials" not in fields
    exposed = fields["access-control-expose-headers"].split(", ")
    assert {"Tracking-Outcome", "Tracking-Entry-Id", "Tracking-Event-Count", "Retry-After"} < set(exposed)
    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} < set(exposed)


async def test_an_answer_to_no_page_says_nothing_of_origins(door: SmallDoor) -> None:
    fields = (await ask(door, request("GET", "/hello"))).fields
    assert set(fields) == {"content-length", "connection", "content-type"}


async def test_a_preflight_is_answered_for_any_page_without_a_key(door: SmallDoor) -> None:
    answer = await ask(door, request("OPTIONS", "/echo", {"Origin": PAGE, "Access-Control-Request-Method": "POST"}))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.fields["access-control-allow-origin"] == PAGE
    assert answer.fields["access-control-allow-methods"] == "POST, PUT"
    assert answer.fields["access-control-max-age"] == "86400"
    allowed = answer.fields["access-control-allow-headers"].split(", ")
    assert allowed == ["authorization", "content-type", "content-encoding", "idempotency-key", "traceparent"]


async def test_a_preflight_for_no_route_is_404_and_options_without_a_page_405(door: SmallDoor) -> None:
    assert (await ask(door, request("OPTIONS", "/nowhere", {"Origin": PAGE}))).status == 404
    assert (await ask(door, request("OPTIONS", "/echo"))).status == 405


async def test_a_line_break_in_a_field_of_an_answer_is_taken_out(door: SmallDoor) -> None:
    fields = (await ask(door, request("GET", "/fields?value=a%0D%0AX-Evil:%20b%00c"))).fields
    assert fields["x-value"] == "aX-Evil: bc"
    assert "x-evil" not in fields


async def test_a_field_of_an_answer_may_have_letters_beyond_ascii(door: SmallDoor) -> None:
    fields = (await ask(door, request("GET", "/fields?value=%C3%BC"))).fields
    assert fields["x-value"] == "\u00fc"


async def test_answers_without_a_body_or_in_pieces_keep_the_connection(door: SmallDoor) -> None:
    async with connected(door.port) as connection:
        await connection.send(request("HEAD", "/hello") + request("GET", "/nothing") + request("GET", "/pieces"))
        head = await connection.answer(with_body=False)
        assert (head.status, head.fields["content-length"]) == (200, "17")
        assert (await connection.answer()).status == 204
        pieces = await connection.answer()
        assert pieces.fields["transfer-encoding"] == "chunked"
        assert await connection.exactly(len(chunked(b"one", b"two"))) == chunked(b"one", b"two")
        assert (await connection.ask(request("GET", "/hello"))).status == 200


def _request(url: bytes = b"/", **fields: str) -> StrictRequest:
    app = new_app("credentials", on_error=lambda *_: HTTPResponse())
    headers = Header(fields)
    return StrictRequest(url, headers, "1.1", "GET", None, app)  # type: ignore[arg-type]  # no connection is needed


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("Bearer secret", "secret"),
        ("bearer secret", "secret"),
        ("BEARER   secret ", "secret"),
        ("Bearer", ""),
        ("Basic c2VjcmV0", ""),
        ("secret", ""),
        ("", ""),
    ],
)
def test_the_key_stands_behind_the_bearer_scheme_in_any_case(field: str, key: str) -> None:
    assert bearer_key(_request(authorization=field)) == key


def test_without_the_field_there_is_no_bearer_key() -> None:
    assert bearer_key(_request()) is None


@pytest.mark.parametrize(
    ("url", "key"), [(b"/?apiKey=a%2Bb&x=1", "a+b"), (b"/?x=1", None), (b"/", None), (b"/?apiKey=", None)]
)
def test_the_key_of_a_beacon_stands_in_the_address(url: bytes, key: str | None) -> None:
    assert query_key(_request(url)) == key
