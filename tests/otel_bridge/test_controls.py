"""The `tracking.*` attributes."""

from typing import Any

import msgspec
import pytest

from otel_bridge.controls import Defaults
from server.core.errors import InvalidField, TrackingError
from server.core.model import Debounce, Level, LogEvent
from tests.support.otlp_requests import error_of, event_of, protobuf_results, record, request_of

ALL = {
    "tracking.level": "Critical",
    "tracking.debounce": True,
    "tracking.debounce.key": "key",
    "tracking.debounce.max_interval": "1h 30m",
    "tracking.send_notification": False,
    "tracking.event_id": "id",
    "tracking.fingerprint": "print",
    "tracking.component": "shop",
    "tracking.code": "E1",
}


@pytest.mark.parametrize("place", ["record", "scope", "resource"])
def test_they_are_read_and_consumed_wherever_they_are(place: str) -> None:
    attributes = {**ALL, "tracking.unknown": 1}
    own: dict[str, Any] = attributes if place == "record" else {}
    blocks: dict[str, Any] = {} if place == "record" else {place: attributes}
    event = event_of(record(own, severity_number=1), **blocks)
    assert event.level is Level.CRITICAL
    assert event.debounce == Debounce("key", 5_400_000)
    assert (event.send_notification, event.event_id, event.fingerprint) == (False, "id", "print")
    assert (event.component, event.code) == ("shop", "E1")
    assert event.record is not None
    kept = [event.attributes, event.record.resource, event.record.scope]
    assert [b"tracking.unknown" in text for text in kept] == [place == p for p in ("record", "resource", "scope")]
    assert not any(name.encode() + b'"' in text for text in kept for name in ALL)


def test_the_record_is_heard_before_its_scope_and_that_before_its_resource() -> None:
    def code(name: str | None) -> dict[str, Any]:
        return {"tracking.code": name, "tracking.fingerprint": "resource"}

    event = event_of(record({"tracking.code": "record"}), scope=code("scope"), resource=code("resource"))
    assert (event.code, event.fingerprint) == ("record", "resource")
    assert event_of(record({}), scope={"tracking.code": "scope"}, resource=code("resource")).code == "scope"
    # An empty value says nothing.
    assert event_of(record({"tracking.code": None}), resource=code("resource")).code == "resource"


@pytest.mark.parametrize(
    ("said", "default", "debounce"),
    [
        ({}, None, None),
        ({}, Debounce("d", 5000), Debounce("d", 5000)),
        ({"tracking.debounce": True}, None, Debounce()),
        ({"tracking.debounce": True}, Debounce("d", 5000), Debounce("d", 5000)),
        ({"tracking.debounce": False}, Debounce("d", 5000), False),
        ({"tracking.debounce.key": "k"}, None, Debounce("k")),
        ({"tracking.debounce.key": "k"}, Debounce("d", 5000), Debounce("k", 5000)),
        ({"tracking.debounce.max_interval": 1.5}, None, Debounce(None, 90_000)),
        ({"tracking.debounce.max_interval": "10"}, Debounce("d", 5000), Debounce("d", 600_000)),
        ({"tracking.debounce": False, "tracking.debounce.key": "k"}, None, False),
    ],
    ids=str,
)
def test_a_key_or_a_window_alone_debounces(said: dict[str, Any], default: Debounce | None, debounce: Any) -> None:
    assert event_of(record(said), Defaults(debounce=default)).debounce == debounce


@pytest.mark.parametrize("place", ["record", "scope", "resource"])
@pytest.mark.parametrize("other", [{}, {"tracking.code": "E1"}], ids=["alone", "beside a known one"])
def test_a_name_that_only_looks_like_one_is_kept_with_a_warning(place: str, other: dict[str, Any]) -> None:
    slip = {"tracking.debounce.maxInterval": "10m", **other}
    blocks: dict[str, Any] = {} if place == "record" else {place: slip}
    event = event_of(record(slip if place == "record" else {}), **blocks)
    assert event.warnings == ("unknown_tracking_attribute",)
    assert event.debounce is None
    assert event.record is not None
    assert b"tracking.debounce.maxInterval" in event.attributes + event.record.resource + event.record.scope


def test_a_name_that_has_the_prefix_elsewhere_is_an_attribute_like_all() -> None:
    event = event_of(record({"mytracking.level": "x", "tracking": 1, "parcel.tracking.id": 2}))
    assert event.warnings == ()
    assert msgspec.json.decode(event.attributes).keys() == {"mytracking.level", "tracking", "parcel.tracking.id"}


BAD = [
    ("tracking.level", "warn", "INVALID_LEVEL"),
    ("tracking.level", "", "INVALID_LEVEL"),
    ("tracking.level", 5, "INVALID_LEVEL"),
    ("tracking.debounce", "true", "INVALID_DEBOUNCE"),
    ("tracking.debounce", {"key": "k"}, "INVALID_DEBOUNCE"),
    ("tracking.debounce.key", "", "INVALID_DEBOUNCE_KEY"),
    ("tracking.debounce.key", "k" * 201, "INVALID_DEBOUNCE_KEY"),
    ("tracking.debounce.key", 1, "INVALID_DEBOUNCE_KEY"),
    ("tracking.debounce.max_interval", "soon", "INVALID_DEBOUNCE_INTERVAL"),
    ("tracking.debounce.max_interval", 0, "INVALID_DEBOUNCE_INTERVAL"),
    ("tracking.debounce.max_interval", float("nan"), "INVALID_DEBOUNCE_INTERVAL"),
    ("tracking.debounce.max_interval", True, "INVALID_DEBOUNCE_INTERVAL"),
    ("tracking.send_notification", "yes", "INVALID_SEND_NOTIFICATION"),
    ("tracking.event_id", "", "INVALID_EVENT_ID"),
    ("tracking.event_id", "i" * 201, "INVALID_EVENT_ID"),
    ("tracking.event_id", 7, "INVALID_EVENT_ID"),
    ("tracking.fingerprint", "", "INVALID_FIELD"),
    ("tracking.fingerprint", "f" * 201, "INVALID_FIELD"),
    ("tracking.component", 7, "INVALID_FIELD"),
    ("tracking.code", [], "INVALID_FIELD"),
]


@pytest.mark.parametrize(("name", "value", "code"), BAD)
def test_a_bad_one_rejects_its_record_with_the_code_that_rest_has(name: str, value: Any, code: str) -> None:
    error = error_of(record({name: value}))
    assert isinstance(error, InvalidField)
    assert (error.code, error.field) == (code, name)
    assert name in error.description or name in {"tracking.level", "tracking.debounce.key"}


def test_a_bad_one_of_the_resource_rejects_each_record_that_says_no_other() -> None:
    good, bad = record({"tracking.level": "error"}), record()
    results = protobuf_results(request_of(bad, good, bad, resource={"tracking.level": "what"}))
    assert [isinstance(result, LogEvent) for result in results] == [False, True, False]
    errors = [result for result in results if isinstance(result, TrackingError)]
    # Errors are counted one by one, so they must not be one object.
    assert len({id(error) for error in errors}) == 2


def test_a_uid_is_an_event_id_and_stays_an_attribute() -> None:
    event = event_of(record({"log.record.uid": "01J"}))
    assert event.event_id == "01J"
    assert msgspec.json.decode(event.attributes) == {"log.record.uid": "01J"}
    assert event_of(record({"log.record.uid": "01J", "tracking.event_id": "mine"})).event_id == "mine"


@pytest.mark.parametrize("uid", ["", "u" * 201, 5, None, []])
def test_a_uid_that_cannot_be_an_id_is_none(uid: Any) -> None:
    assert event_of(record({"log.record.uid": uid})).event_id is None


def test_the_component_is_said_or_the_scopes_name_or_the_keys() -> None:
    default = Defaults(component="default")
    said = {"tracking.component": "said"}
    assert event_of(record(said), default, scope_name="scope").component == "said"
    assert event_of(record({"tracking.component": ""}), default, scope_name="scope").component == "scope"
    assert event_of(record(), default, scope_name="scope").component == "scope"
    assert event_of(record(), default).component == "default"
    assert event_of(record()).component is None
