"""Texts that are no UTF-8."""

from typing import Any

import pytest

from server.core.errors import InvalidRequest
from server.core.model import LogEvent
from tests.support.otlp_requests import protobuf_results, record, request_of

MARK, BAD = b"@mark@", b"@\xff\xc3@@@"
"""Of one length, so that the one can take the other's place in encoded bytes."""


def request_bytes(place: str) -> bytes:
    """A request of two scopes whose text at this place is no UTF-8."""
    text = {name: MARK.decode() if name == place else "fine" for name in PLACES}
    first = record(
        {text["key"]: 1, "nested": [{"k": text["nested"]}]},
        body=text["body"],
        severity_text=text["severity_text"],
        event_name=text["event_name"],
    )
    request = request_of(
        record(), first, resource={"a": text["resource"]}, scope={"a": text["scope"]}, scope_name=text["scope_name"]
    )
    block = request.resource_logs[0]
    block.schema_url, block.scope_logs[0].schema_url = text["resource_url"], text["scope_url"]
    block.resource.entity_refs.add(type="t", id_keys=["fine", text["entity"]])
    block.scope_logs.add().log_records.append(record())
    request.resource_logs.add().scope_logs.add().log_records.append(record())
    return request.SerializeToString().replace(MARK, BAD)


NOBODY = [False] * 4
RECORD, SCOPE, RESOURCE = [False, True, False, False], [True, True, False, False], [True, True, True, False]
PLACES = {
    **dict.fromkeys(("key", "nested", "body", "severity_text", "event_name"), RECORD),
    **dict.fromkeys(("scope", "scope_name", "scope_url"), SCOPE),
    **dict.fromkeys(("resource", "resource_url", "entity"), RESOURCE),
}


@pytest.mark.parametrize(("place", "warned"), PLACES.items())
def test_they_are_mended_and_those_concerned_are_warned(place: str, warned: list[bool]) -> None:
    events = protobuf_results(request_bytes(place))
    assert [isinstance(event, LogEvent) and event.warnings == ("invalid_utf8",) for event in events] == warned
    # What entities refer to is read by nobody.
    assert ["@\ufffd\ufffd@" in texts_of(event) for event in events] == (NOBODY if place == "entity" else warned)


def texts_of(event: Any) -> str:
    record = event.record
    kept = event.message, event.attributes.decode(), record.resource.decode(), record.scope.decode()
    return " ".join(map(str, (*kept, record.severity_text, record.event_name)))


def test_a_request_that_is_also_broken_otherwise_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        protobuf_results(request_bytes("body") + b"\xff")
    assert caught.value.code == "INVALID_BODY"
