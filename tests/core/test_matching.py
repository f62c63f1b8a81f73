"""Matching: whether an entry is what a filter asks for."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.model import Entry, Level, Notification
from server.core.query import EntryFilter, make_filter, matches

_TRACE = "0af7651916cd43dd8448eb211c80319c"
_ENTRY = Entry(
    id="1",
    organisation="default",
    level=Level.ERROR,
    message="m",
    event_count=1,
    event_time=1_000,
    receive_time=1_000,
    first_event_time=1_000,
    last_event_time=1_000,
    expire_time=2_000,
    door="rest",
    group_id="abc",
    notification=Notification(None, "not_sent", "no_channel"),
    service="checkout",
    component="api",
    code="E1",
    environment="production",
    trace_id=_TRACE,
    debounce_key="key",
)
_BARE = msgspec.structs.replace(
    _ENTRY, service=None, component=None, code=None, environment=None, trace_id=None, debounce_key=None
)


def entry_with(attributes: dict[str, Any]) -> Entry:
    return msgspec.structs.replace(_ENTRY, attributes=msgspec.json.encode(attributes))


def has(attributes: dict[str, Any], name: str, *values: str) -> bool:
    return matches(make_filter(attributes={name: values}), entry_with(attributes))


def test_an_empty_filter_matches_everything() -> None:
    assert matches(EntryFilter(), _ENTRY)
    assert matches(EntryFilter(), _BARE)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (make_filter(levels=[Level.ERROR, Level.INFO]), make_filter(levels=[Level.INFO])),
        (make_filter(service=["billing", "checkout"]), make_filter(service=["Checkout"])),
        (make_filter(component=["api"]), make_filter(component=["ap"])),
        (make_filter(code=["E1"]), make_filter(code=["E2"])),
        (make_filter(environment=["production"]), make_filter(environment=["staging"])),
        (make_filter(trace_id=[_TRACE.upper()]), make_filter(trace_id=["f" * 32])),
        (make_filter(group_id=["abc", "def"]), make_filter(group_id=["def"])),
        (make_filter(debounce_key=["key"]), make_filter(debounce_key=["Key"])),
    ],
)
def test_any_of_the_values_of_a_field_will_do(right: EntryFilter, wrong: EntryFilter) -> None:
    assert matches(right, _ENTRY)
    assert not matches(wrong, _ENTRY)


@pytest.mark.parametrize(
    "filters",
    [
        make_filter(service=["None"]),
        make_filter(component=["None"]),
        make_filter(code=["None"]),
        make_filter(environment=["None"]),
        make_filter(trace_id=[_TRACE]),
        make_filter(debounce_key=["None"]),
    ],
)
def test_an_absent_field_has_no_value(filters: EntryFilter) -> None:
    assert not matches(filters, _BARE)


def test_all_fields_have_to_match() -> None:
    assert matches(make_filter(service=["checkout"], code=["E1"]), _ENTRY)
    assert not matches(make_filter(service=["checkout"], code=["E2"]), _ENTRY)
    assert not matches(make_filter(attributes={"a": ["1"], "b": ["1"]}), entry_with({"a": 1, "b": 2}))


@pytest.mark.parametrize(
    ("from_time", "to_time", "is_match"),
    [(1_000, None, True), (1_001, None, False), (None, 1_001, True), (None, 1_000, False), (1_000, 1_000, False)],
)
def test_from_is_inclusive_and_to_exclusive_to_the_nanosecond(
    from_time: int | None, to_time: int | None, is_match: bool
) -> None:
    assert matches(make_filter(from_time=from_time, to_time=to_time), _ENTRY) is is_match


@pytest.mark.parametrize(
    ("kept", "value", "is_match"),
    [
        ("5", "5", True),
        (5, "5", True),
        (5, "5.0", True),
        (5.0, "5", True),
        (5, "5e0", True),
        (0.1, "0.1", True),
        ("5.0", "5", False),
        (5, "6", False),
        (5, " 5", False),
        (5, "5 ", False),
        (2**53 + 1, "9007199254740993", True),
        (2**53, "9007199254740993", False),
        (-(2**63), "-9223372036854775808", True),
        (True, "true", True),
        (True, "1", False),
        (1, "true", False),
        (True, "True", False),
        ("true", "true", True),
        (False, "false", True),
        (0, "false", False),
        (None, "null", True),
        ("", "null", False),
        ("", "", True),
        ("None", "null", False),
        ("Größe", "Größe", True),
        ("a.b", "a.b", True),
        ({"x": 1}, "1", False),
        ({}, "{}", False),
        (1e300, "1e400", False),
    ],
)
def test_a_value_equals_the_text_the_number_or_the_literal(kept: Any, value: str, is_match: bool) -> None:
    assert has({"name": kept}, "name", value) is is_match


def test_any_of_several_values_will_do() -> None:
    assert has({"status": 503}, "status", "500", "503", "x")
    assert has({"status": "x"}, "status", "500", "503", "x")
    assert not has({"status": None}, "status", "500", "503", "x")


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"http": {"status": 5}}, "http.status"),
        ({"http.status": 5}, "http.status"),
        ({"a": {"http.status": 5}}, "a.http.status"),
        ({"a.http": {"status": 5}}, "a.http.status"),
        ({"a": 1, "a.b": {"c": 5}}, "a.b.c"),
        ({"a": {"b": 1}, "a.b": 5}, "a.b"),
        ({"a": {"b": 5}, "a.b": 1}, "a.b"),
        ({"": 5}, ""),
        ({"": {"": 5}}, "."),
        ({"a.": 5}, "a."),
        ({"_id": {"$x": 5}}, "_id.$x"),
        ({"tags": [1, 5]}, "tags"),
        ({"tags": [[1], [5]]}, "tags"),
        ({"items": [{"sku": 1}, {"sku": 5}]}, "items.sku"),
        ({"items": [[{"sku": [5]}]]}, "items.sku"),
    ],
)
def test_a_name_is_found_as_a_path_and_as_a_name_with_dots(attributes: dict[str, Any], name: str) -> None:
    assert has(attributes, name, "5")


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "a"),
        ({"a": 5}, "A"),
        ({"a": 5}, "a.b"),
        ({"b": {"a": 5}}, "a"),
        ({"a": {"b": 5}}, "a"),
        ({"a": [5]}, "a.0"),
        ({"a.b": 5}, "b"),
    ],
)
def test_another_name_is_not_found(attributes: dict[str, Any], name: str) -> None:
    assert not has(attributes, name, "5")


def test_what_is_missing_is_not_null() -> None:
    assert not has({"a": 1}, "b", "null")
    assert not matches(make_filter(attributes={"b": ["null"]}), _ENTRY)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
_JSON = st.recursive(
    _SCALARS, lambda children: st.dictionaries(st.text("ab.", max_size=3), children, max_size=3), max_leaves=8
)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, member in value.items() for leaf in _leaves(member, (*path, name))]
    return [(".".join(path), value)]


@given(st.dictionaries(st.text("ab.", max_size=3), _JSON, min_size=1, max_size=4))
def test_every_leaf_is_found_by_its_path_and_its_json(attributes: dict[str, Any]) -> None:
    for name, leaf in _leaves(attributes):
        value = leaf if isinstance(leaf, str) else msgspec.json.encode(leaf).decode()
        assert has(attributes, name, value)


def test_a_name_of_nothing_but_dots_is_searched_in_no_time() -> None:
    attributes: dict[str, Any] = {}
    level = attributes
    for _ in range(38):
        level.update({"": {}, ".": 1, "..": 1, "...": 1})
        level = level[""]
    assert not has(attributes, "." * 40, "5")
