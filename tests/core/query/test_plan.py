"""Terms and plans: whatever a filter chooses has the terms that it requires."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from server.core.model import Entry, Level
from server.core.query import EntryFilter, make_filter, matches, parse_query
from server.core.query.plan import Plan, Requirement, plan_of
from server.core.query.terms import MAX_TERMS, OVERFLOW, terms_of, vocabulary_of
from server.core.query.values import places_in
from server.core.query.words import texts_in, words_of
from tests.support.searching import ENTRIES, FILTERS, LONG_TEXT, QUERIES, entry, packed


def fulfils(terms: set[str], plan: Plan) -> bool:
    """Whether terms have what a plan requires: the meaning that stores' queries must have."""
    vocabulary = vocabulary_of(terms) if any(required.prefixes for required in plan.requirements) else set()
    return all(
        not terms.isdisjoint(required.terms)
        or (bool(required.prefixes) and any(word.startswith(required.prefixes) for word in vocabulary))
        for required in plan.requirements
    )


@settings(max_examples=400)
@given(FILTERS, ENTRIES)
def test_what_a_filter_chooses_fulfils_its_plan(filters: EntryFilter, found: Entry) -> None:
    if matches(filters, found):
        assert fulfils(terms_of(found), plan_of(filters))


@given(QUERIES, ENTRIES)
def test_what_words_choose_fulfils_their_plan(text: str, found: Entry) -> None:
    filters = make_filter(q=[text])
    if matches(filters, found):
        assert fulfils(terms_of(found), plan_of(filters))


@given(ENTRIES)
def test_an_entry_is_found_by_whatever_stands_in_it(found: Entry) -> None:
    members = ("service", "component", "code", "environment", "trace_id", "group_id", "debounce_key")
    chosen: list[dict[str, Any]] = [{name: [value]} for name in members if (value := getattr(found, name)) is not None]
    for place in places_in(found.attributes, found.record):
        chosen += [{"attributes": {path: [text]}} for path, text in leaves(place)]
    for text in (found.message, *texts_in(found.attributes, found.record)):
        words = words_of(text)
        chosen += [{"q": [f"{word[:length]}*"]} for word in words for length in (1, 4, len(word))]
        chosen += [{"q": [text]}] if words else []
    terms = terms_of(found)
    for criteria in chosen:
        filters = make_filter(**criteria)
        assert matches(filters, found), criteria
        assert fulfils(terms, plan_of(filters)), criteria


def leaves(value: Any, path: str | None = None) -> Iterator[tuple[str, str]]:
    """The values below a path, as a filter writes them."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, name if path is None else f"{path}.{name}")
    elif isinstance(value, list):
        for element in value:
            yield from leaves(element, path)
    elif path is not None:
        yield path, value if isinstance(value, str) else packed(value).decode()


def requirements(query: str) -> list[Requirement]:
    return sorted(plan_of(parse_query(query, 0)).requirements)


def test_the_terms_of_an_entry() -> None:
    found = entry(
        "Payment 25 for pay2day",
        {"http": {"status_code": 500.0}, "a": ["X y", None], "long": LONG_TEXT},
        level=Level.ERROR,
        service="Shop page",
        group_id="ab",
        debounce_key="k",
    )
    words = {"payment", "25", "for", "pay2day", "500", "0", "x", "y", *words_of(LONG_TEXT)}
    values = {"a:http_status_code=500", "a:a=x_y", "a:a=null"}
    assert terms_of(found) == {"l:error", "s:shop_page", "g:ab", "b:k", "d:pay", *words, *values}


@pytest.mark.parametrize(
    ("query", "required"),
    [
        ("level:error,critical", [("l:critical", "l:error")]),
        ('service:"Shop page" code:E1', [("k:e1",), ("s:shop_page",)]),
        ("n:5", [("a:n=5", OVERFLOW)]),
        ("n:5.0,x", [("a:n=5", "a:n=5_0", "a:n=x", OVERFLOW)]),
        ("n:=5 n:=6", [("a:n=5", OVERFLOW), ("a:n=6", OVERFLOW)]),
        ('"a b" c', [("a", OVERFLOW), ("b", OVERFLOW), ("c", OVERFLOW)]),
        ('q:"a long","b longer"', [("long", "longer", OVERFLOW)]),
        ("pay2*", [("d:pay", OVERFLOW)]),
        ('q:"2*",word', []),
        ("2*", []),
        ("n:>5", []),
        ("n:*", []),
        ("n:5,>7", []),
        ("-service:a -n:5 -word", []),
        (f'long:"{LONG_TEXT}",x', []),
        ("n:5." + "0" * 50, []),
        ("from:-1h", []),
    ],
)
def test_a_filter_requires(query: str, required: list[tuple[str, ...]]) -> None:
    assert [one.terms for one in requirements(query)] == [tuple(sorted(terms)) for terms in required]
    assert plan_of(parse_query(query, 0)).is_scan is (not required)


def test_a_long_text_is_looked_for_by_its_words() -> None:
    terms = {term for required in requirements(f'a:"{LONG_TEXT}"') for term in required.terms}
    assert terms == {*words_of(LONG_TEXT), OVERFLOW}


def test_a_prefix_is_looked_up_in_the_vocabulary() -> None:
    assert requirements("pay*") == [Requirement((OVERFLOW,), ("d:pay", "pay"))]
    assert vocabulary_of(terms_of(entry("Pay pay2 25 x", service="s"))) == {"pay", "d:pay", "x"}


@pytest.mark.parametrize(
    "found",
    [entry(" ".join(f"w{number}" for number in range(MAX_TERMS + 1))), entry(attributes={"a": [*range(MAX_TERMS)]})],
    ids=["words", "values"],
)
def test_an_entry_with_too_many_terms_is_found_all_the_same(found: Entry) -> None:
    terms = terms_of(found)
    assert terms == {"l:info", f"g:{'0' * 32}", OVERFLOW}
    for query in ("w5", "w*", "a:5", "word x*"):
        assert fulfils(terms, plan_of(parse_query(query, 0)))
    assert not fulfils(terms, plan_of(parse_query("w5 level:error", 0)))


def test_terms_are_letters_digits_and_three_signs() -> None:
    strange: dict[str, Any] = {"a b": "x\ny", "": "\0", "é:ü": "=:="}
    for term in terms_of(entry("a-b", strange, service=" \t", debounce_key="a:b=c")):
        assert all(character.isalnum() or character in "_:=" for character in term)
