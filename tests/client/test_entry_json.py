"""From the contract's entries to REST's JSON."""

from typing import Any

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from tracking.v1.attribute_value_pb2 import AttributeList, AttributeValue
from tracking.v1.entry_pb2 import Entry, Notification, Resource, Sample, Scope

from server.client.entry_json import entry_fields

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=5), values, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_attributes_come_back_exactly(attributes: dict[str, Any]) -> None:
    entry = Entry()
    for name, value in attributes.items():
        entry.attributes[name].CopyFrom(as_message(value))
    fields = entry_fields(entry)
    assert fields.get("attributes", {}) == attributes
    assert msgspec.json.decode(msgspec.json.encode(fields)) == fields


def test_forty_levels_of_attributes_come_back() -> None:
    value: Any = "deep"
    for _ in range(39):
        value = {"a": value}
    entry = Entry()
    entry.attributes["a"].CopyFrom(as_message(value["a"]))
    assert entry_fields(Entry.FromString(entry.SerializeToString()))["attributes"] == value


def test_what_is_absent_is_left_out_but_the_message() -> None:
    assert entry_fields(Entry(id="1")) == {"id": "1", "message": ""}
    assert entry_fields(Entry(id="1", samples=[Sample(event_count=2)]))["samples"] == [{"eventCount": 2, "message": ""}]


def test_a_request_for_no_notification_is_not_the_same_as_none() -> None:
    asked = Entry(notification=Notification(requested=False, decision="not_sent", reason="not_requested"))
    rules = Entry(notification=Notification(decision="not_sent", reason="no_rule"))
    assert entry_fields(asked)["notification"] == {
        "requested": False,
        "decision": "not_sent",
        "reason": "not_requested",
    }
    assert entry_fields(rules)["notification"] == {"decision": "not_sent", "reason": "no_rule"}


def test_times_are_rfc_3339_to_the_nanosecond() -> None:
    entry = Entry(event_time=Timestamp(seconds=1, nanos=1), receive_time=Timestamp(seconds=-1, nanos=500_000_000))
    fields = entry_fields(entry)
    assert fields["eventTime"] == "1970-01-01T00:00:01.000000001Z"
    assert fields["receiveTime"] == "1969-12-31T23:59:59.500Z"


def test_what_only_otlp_knows_is_there_too() -> None:
    entry = Entry(
        body=as_message({"a": [1]}),
        severity_number=17,
        resource=Resource(schema_url="https://s.example", dropped_attributes_count=2),
        scope=Scope(name="lib", attributes={"x": as_message(True)}),
    )
    fields = entry_fields(entry)
    assert fields["body"] == {"a": [1]}
    assert fields["severityNumber"] == 17
    assert fields["resource"] == {"schemaUrl": "https://s.example", "droppedAttributesCount": 2}
    assert fields["scope"] == {"name": "lib", "attributes": {"x": True}}


def as_message(value: Any) -> AttributeValue:  # noqa: PLR0911 - a kind a line
    """A value as the contract has it, written from the contract's own words."""
    match value:
        case None:
            return AttributeValue(null_value="NULL_VALUE")
        case bool():
            return AttributeValue(bool_value=value)
        case int():
            return AttributeValue(integer_value=value)
        case float():
            return AttributeValue(double_value=value)
        case str():
            return AttributeValue(string_value=value)
        case list():
            return AttributeValue(list_value=AttributeList(elements=[as_message(element) for element in value]))
        case _:
            return AttributeValue(members={name: as_message(member) for name, member in value.items()})
