"""Page tokens: they know the query they came from."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.model import Level
from server.core.paging import decode_page_token, encode_page_token
from server.core.query import EntryFilter, make_filter, parse_filter

_KEYS = st.binary(min_size=1, max_size=24)
_KEY = bytes(8)
_TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), max_size=3)
_SECOND = 1_000_000_000
_NOW = 1_777_777_777 * _SECOND

_FILTERS = st.builds(
    make_filter,
    levels=st.sets(st.sampled_from(list(Level))),
    service=_TEXTS,
    code=_TEXTS,
    debounce_key=_TEXTS,
    attributes=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), _TEXTS, max_size=2),
    from_time=st.none() | st.integers(-(2**63), 0),
    to_time=st.none() | st.integers(1, 2**63 - 1),
)


def refuses(token: str, filters: EntryFilter, organisation_id: int) -> bool:
    with pytest.raises(InvalidField) as caught:
        decode_page_token(token, filters, organisation_id)
    return (caught.value.code, caught.value.field) == ("INVALID_PAGE_TOKEN", "pageToken")


@given(_KEYS, _FILTERS, st.integers(1, 2**40))
def test_a_token_gives_back_its_key_to_the_same_query(key: bytes, filters: EntryFilter, organisation_id: int) -> None:
    token = encode_page_token(key, filters, organisation_id)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert decode_page_token(token, filters, organisation_id) == (key, filters)


@given(_FILTERS, _FILTERS)
def test_a_token_serves_no_other_filter(filters: EntryFilter, other: EntryFilter) -> None:
    assume(filters != other)
    assert refuses(encode_page_token(_KEY, filters, 1), other, 1)


def test_a_token_serves_no_other_organisation() -> None:
    assert refuses(encode_page_token(_KEY, EntryFilter(), 1), EntryFilter(), 2)


@given(st.integers(0, 50), st.sampled_from("ABab01-_=+/é "))
def test_a_token_with_one_other_character_is_refused(place: int, character: str) -> None:
    token = encode_page_token(_KEY, EntryFilter(), 1)
    changed = token[:place] + character + token[place + 1 :]
    assume(changed != token)
    assert refuses(changed, EntryFilter(), 1)


@given(st.text())
@example("")
@example("=" * 52)
@example("A" * 52)
@example("A" * 1_000_000)
def test_any_other_text_is_refused(text: str) -> None:
    assert refuses(text, EntryFilter(), 1)


def test_a_token_has_one_spelling() -> None:
    token = encode_page_token(_KEY, EntryFilter(), 1)
    for spelling in (token + "=", token + "\n", " " + token, token + "====", token[:10] + "!" + token[10:]):
        assert refuses(spelling, EntryFilter(), 1)


def test_a_token_of_another_version_is_refused() -> None:
    content = bytearray(urlsafe_b64decode(encode_page_token(_KEY, EntryFilter(), 1) + "=="))
    content[0] = 2
    assert refuses(urlsafe_b64encode(content).decode().rstrip("="), EntryFilter(), 1)


@given(st.integers(0, 10**6).map(lambda seconds: seconds * _SECOND + 1))
def test_relative_times_stay_where_they_were_on_the_first_page(later: int) -> None:
    parameters = {"from": ["-15m"], "to": ["-10s"], "level": ["error"]}
    first = parse_filter(parameters, _NOW)
    token = encode_page_token(_KEY, first, 1)
    assert decode_page_token(token, parse_filter(parameters, _NOW + later), 1) == (_KEY, first)


def test_relative_times_go_on_over_many_pages() -> None:
    first = filters = parse_filter({"from": ["-15m"]}, _NOW)
    for page in range(5):
        token = encode_page_token(bytes([page]), filters, 1)
        _, filters = decode_page_token(token, parse_filter({"from": ["-15m"]}, _NOW + page * _SECOND), 1)
    assert filters == first


def test_one_length_of_time_may_be_written_in_two_ways() -> None:
    token = encode_page_token(_KEY, parse_filter({"from": ["-1h"]}, _NOW), 1)
    assert decode_page_token(token, parse_filter({"from": ["-60m"]}, _NOW + 1), 1)[0] == _KEY


def test_another_relative_time_is_another_query() -> None:
    token = encode_page_token(_KEY, parse_filter({"from": ["-15m"]}, _NOW), 1)
    for parameters in ({"from": ["-16m"]}, {"to": ["-15m"]}, {}):
        assert refuses(token, parse_filter(parameters, _NOW), 1)
    absolute = msgspec.structs.replace(parse_filter({"from": ["-15m"]}, _NOW), from_age=None)
    assert refuses(token, absolute, 1)


def test_a_query_string_is_part_of_the_question() -> None:
    first = parse_filter({"query": ["word n:>=5 -service:a from:-15m"]}, _NOW)
    token = encode_page_token(_KEY, first, 1)
    same = parse_filter({"query": ["from:-15m -service:a n:>=5 word"]}, _NOW + _SECOND)
    assert decode_page_token(token, same, 1) == (_KEY, first)
    for query in (
        "word n:>=6 -service:a from:-15m",
        "word n:>=5 service:a from:-15m",
        "n:>=5 -service:a from:-15m",
        "",
    ):
        assert refuses(token, parse_filter({"query": [query]}, _NOW), 1)
