"""The endpoint as its author documents it."""

import asyncio
import shutil
from typing import Any

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client
from tests.support.rest_door import failure_of
from tests.support.results import Failure, find, keep

pytestmark = IN_SESSION

DOCUMENTED = """curl -X POST "https://api.bizkithub.com/api/v1/tracking/log" \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-d '{
"message": "[checkout] Payment callback failed: missing transId (orderId=25000233)",
"level": "error",
"sendNotification": true
}'
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_documented_curl_works_as_pasted(client: Client) -> None:
    address = f"http://127.0.0.1:{client.service.http_port}"
    command = DOCUMENTED.replace("https://api.bizkithub.com", address).replace("YOUR_API_KEY", client.key)
    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    assert output == b'{"success": true}'
    (entry,) = await find(client.rest)
    assert entry["message"] == "[checkout] Payment callback failed: missing transId (orderId=25000233)"
    assert entry["level"] == "error"
    assert entry["notification"]["requested"] is True


async def test_the_answer_is_success_and_the_rest_is_in_headers(client: Client) -> None:
    answer = await client.rest.request("POST", "/log", json={"message": "hello"})
    assert answer.status_code == 200
    assert answer.content == b'{"success": true}'
    assert answer.headers["Content-Type"] == "application/json"
    (entry,) = await find(client.rest)
    assert answer.headers["Tracking-Outcome"] == "stored"
    assert answer.headers["Tracking-Entry-Id"] == entry["id"]
    assert answer.headers["Tracking-Event-Count"] == "1"


@pytest.mark.parametrize("level", ["ERROR", "Error", "eRRoR"])
async def test_a_level_is_read_in_any_case(client: Client, level: str) -> None:
    await keep(client.rest, {"message": "hello", "level": level})
    (entry,) = await find(client.rest, {"level": level.swapcase()})
    assert entry["level"] == "error"


NEAREST = {
    "warn": "warning",
    "fatal": "critical",
    "debug": "info",
    "trace": "info",
    "err": "error",
    "sucess": "success",
    "criticl": "critical",
    "ok": "success",
}


@pytest.mark.parametrize(("word", "nearest"), NEAREST.items(), ids=NEAREST.keys())
async def test_another_level_is_refused_and_the_nearest_is_named(client: Client, word: str, nearest: str) -> None:
    answer = await client.rest.request("POST", "/log", json={"message": "hello", "level": word})
    assert answer.status_code == 422
    assert failure_of(answer) == Failure("INVALID_LEVEL", "level")
    assert f"'{nearest}'" in answer.json()["error"]["description"]


WRONG: dict[str, tuple[dict[str, Any], Failure]] = {
    "message null": ({"message": None}, Failure("INVALID_MESSAGE", "message")),
    "message number": ({"message": 5}, Failure("INVALID_MESSAGE", "message")),
    "message object": ({"message": {"a": 1}}, Failure("INVALID_MESSAGE", "message")),
    "message list": ({"message": ["a"]}, Failure("INVALID_MESSAGE", "message")),
    "message boolean": ({"message": True}, Failure("INVALID_MESSAGE", "message")),
    "level unknown": ({"level": "none of them"}, Failure("INVALID_LEVEL", "level")),
    "level empty": ({"level": ""}, Failure("INVALID_LEVEL", "level")),
    "level number": ({"level": 3}, Failure("INVALID_LEVEL", "level")),
    "level list": ({"level": ["error"]}, Failure("INVALID_LEVEL", "level")),
    "sendNotification text": ({"sendNotification": "true"}, Failure("INVALID_SEND_NOTIFICATION", "sendNotification")),
    "sendNotification number": ({"sendNotification": 1}, Failure("INVALID_SEND_NOTIFICATION", "sendNotification")),
    "attributes list": ({"attributes": []}, Failure("INVALID_ATTRIBUTES", "attributes")),
    "attributes text": ({"attributes": "{}"}, Failure("INVALID_ATTRIBUTES", "attributes")),
    "attributes false": ({"attributes": False}, Failure("INVALID_ATTRIBUTES", "attributes")),
    "eventTime number": ({"eventTime": 1_700_000_000}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventTime without an offset": ({"eventTime": "2026-01-01T00:00:00"}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventTime without a time": ({"eventTime": "2026-01-01"}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventTime impossible": ({"eventTime": "2026-02-30T00:00:00Z"}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventTime too far": ({"eventTime": "2300-01-01T00:00:00Z"}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventTime empty": ({"eventTime": ""}, Failure("INVALID_EVENT_TIME", "eventTime")),
    "eventId number": ({"eventId": 5}, Failure("INVALID_EVENT_ID", "eventId")),
    "eventId empty": ({"eventId": ""}, Failure("INVALID_EVENT_ID", "eventId")),
    "service number": ({"service": 5}, Failure("INVALID_FIELD", "service")),
    "component object": ({"component": {}}, Failure("INVALID_FIELD", "component")),
    "code number": ({"code": 404}, Failure("INVALID_FIELD", "code")),
    "environment list": ({"environment": []}, Failure("INVALID_FIELD", "environment")),
    "release number": ({"release": 1.5}, Failure("INVALID_FIELD", "release")),
    "fingerprint empty": ({"fingerprint": ""}, Failure("INVALID_FIELD", "fingerprint")),
    "fingerprint list": ({"fingerprint": ["a"]}, Failure("INVALID_FIELD", "fingerprint")),
}


@pytest.mark.parametrize(("fields", "failure"), WRONG.values(), ids=WRONG.keys())
async def test_a_field_of_another_type_is_refused_by_its_name(
    client: Client, fields: dict[str, Any], failure: Failure
) -> None:
    event = {"message": "hello", **fields}
    answer = await client.rest.request("POST", "/log", json=event)
    assert answer.status_code == 422
    assert failure_of(answer) == failure
    for door in (client.rest, client.rest_lines):
        logged = await door.log_batch([event, {"message": "a mate"}])
        assert not isinstance(logged, Failure)
        assert logged.errors == {0: failure}
    await keep(client.rest, {"message": "the next one"})


@pytest.mark.parametrize("digits", [20, 200, 5000])
@pytest.mark.parametrize(
    "field", ["message", "level", "sendNotification", "attributes", "eventId", "eventTime", "code"]
)
async def test_an_integer_of_any_length_is_no_text(client: Client, field: str, digits: int) -> None:
    body = f'{{"message": "hello", "{field}": {"9" * digits}}}'
    answer = await client.rest.request("POST", "/log", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize("trace_id", [5, [], {"a": None}, True, 0.5], ids=str)
async def test_a_trace_id_of_another_type_does_not_cost_the_event(client: Client, trace_id: Any) -> None:
    event = {"message": "hello", "traceId": trace_id, "spanId": trace_id, "attributes": {"traceId": "own"}}
    await keep(client.rest, event)
    (entry,) = await find(client.rest)
    assert entry["attributes"] == {"traceId": "own", "traceId_": trace_id, "spanId": trace_id}
    assert entry["warnings"] == ["invalid_trace_id", "invalid_span_id"]


async def test_a_number_as_interval_may_have_a_fraction_and_text_may_not(client: Client) -> None:
    await keep(client.rest, {"message": "hello", "useDebounce": {"maxInterval": 1.5}})
    failure = await client.rest.log({"message": "hello", "useDebounce": {"maxInterval": "1.5"}})
    assert failure == Failure("INVALID_DEBOUNCE_INTERVAL", "useDebounce.maxInterval")
