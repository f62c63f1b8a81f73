"""What may be asked of an API key, and how it is refused: always naming the field."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.key_requests import KeyChanges, NewKey, read_key_changes, read_new_key

FIELDS = ("name", "kind", "scopes", "origins", "rate", "otlpDebounce", "otlpComponent")
BROWSER = {"kind": "browser", "origins": ["https://shop.example"]}


def test_nothing_said_makes_a_server_key_that_ingests() -> None:
    assert read_new_key({}) == NewKey(kind="server", scopes=frozenset({"ingest"}))


def test_null_is_the_same_as_absent() -> None:
    assert read_new_key(dict.fromkeys(FIELDS)) == read_new_key({})
    assert read_key_changes(dict.fromkeys((*FIELDS[:1], *FIELDS[2:]))) == KeyChanges()
    assert KeyChanges().changed == {}


def test_everything_said_is_kept() -> None:
    asked = {**BROWSER, "name": "shop", "scopes": ["ingest"], "rate": 0}
    assert read_new_key(asked) == NewKey(
        name="shop", kind="browser", scopes=frozenset({"ingest"}), origins=("https://shop.example",), rate=0
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x1bb"}, "name"),
        ({"kind": "mobile"}, "kind"),
        ({"kind": ["server"]}, "kind"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "ingest"}, "scopes"),
        ({"scopes": ["ingest", "write"]}, "scopes"),
        ({"scopes": [["ingest"]]}, "scopes"),
        ({"origins": "https://shop.example"}, "origins"),
        ({"origins": ["https://shop.example"]}, "origins"),
        ({"kind": "browser"}, "origins"),
        ({"kind": "browser", "origins": []}, "origins"),
        ({"kind": "browser", "origins": ["*"], "scopes": ["ingest", "read"]}, "scopes"),
        ({"kind": "browser", "origins": ["*"], "scopes": ["admin"]}, "scopes"),
        ({"kind": "browser", "origins": ["*"] * 101}, "origins"),
        ({"rate": -1}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": 1.0}, "rate"),
        ({"rate": "5"}, "rate"),
        ({"rate": 10**12}, "rate"),
        ({"scope": ["ingest"]}, "scope"),
        ({"revokeTime": "2026-01-01T00:00:00Z"}, "revokeTime"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_its_name(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        read_new_key(asked)
    assert (caught.value.code, caught.value.field) == ("INVALID_FIELD", field)
    assert caught.value.description


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "http://localhost:3000", "https://*.shop.example", "*", "http://[::1]:8080"]
)
def test_an_origin_is_exact_or_has_one_wildcard_label_or_is_any(origin: str) -> None:
    assert read_new_key({"kind": "browser", "origins": [origin, origin]}).origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "shop.example",
        "https://shop.example/",
        "https://shop.example/path",
        "https://*",
        "https://*.",
        "https://a.*.example",
        "https://user@shop.example",
        "https://a b.example",
        "https://shop.example:port",
        "https://shöp.example",
        "ftp://shop.example",
        "https://" + "a" * 300,
        5,
        None,
    ],
)
def test_anything_else_is_no_origin(origin: Any) -> None:
    with pytest.raises(InvalidField) as caught:
        read_new_key({"kind": "browser", "origins": [origin]})
    assert caught.value.field == "origins"


def test_the_kind_of_a_key_cannot_be_changed() -> None:
    with pytest.raises(InvalidField) as caught:
        read_key_changes({"kind": "server"})
    assert caught.value.field == "kind"


def test_an_empty_name_takes_the_name_away() -> None:
    assert read_key_changes({"name": ""}).name == ""
    assert read_new_key({"name": ""}).name is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["name", "kind", "scopes", "origins", "rate", "else"]), JSON))
def test_whatever_is_asked_gives_a_valid_key_or_names_a_field(asked: dict[str, Any]) -> None:
    for read in (read_new_key, read_key_changes):
        error = refusal_of(read, asked)
        assert error is None or error.field in asked or error.field == "origins"


def refusal_of(read: Callable[[dict[str, Any]], object], asked: dict[str, Any]) -> InvalidField | None:
    try:
        read(asked)
    except InvalidField as error:
        return error
    return None
