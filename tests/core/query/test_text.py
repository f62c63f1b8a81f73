"""`q`: words, phrases, and words that begin so."""

from typing import Any

import pytest
from hypothesis import given

from server.core.errors import InvalidField
from server.core.model import Entry, RecordDetails
from server.core.query.text import Phrase, TextQuery, parse_text, text_matches
from server.core.query.words import texts_in, words_of
from tests.support.searching import ENTRIES, QUERIES, entry, packed


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Payment", "payment"),
        ("b a b", "a b"),
        ('"Payment  failed!"', '"payment failed"'),
        ("orderId=25000233", '"orderid 25000233"'),
        ("pay*", "pay*"),
        ("(pay*),", "pay*"),
        ("orderId=25*", "orderid.25*"),
        ("a*b", '"a b"'),
        ("a * b", "a b"),
        ('"pay*"', "pay"),
        ('a"b c"d', 'a "b c" d'),
        ('"not closed', '"not closed"'),
        ("- … word", "word"),
    ],
)
def test_a_text_is_read_as(text: str, canonical: str) -> None:
    assert str(parse_text(text)) == canonical
    assert parse_text(canonical) == parse_text(text)


@pytest.mark.parametrize("text", ["", " ", "***", '""', '"', "-", "…", " ".join(f"w{number}" for number in range(101))])
def test_a_text_without_a_word_or_with_too_many_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_text(text)
    assert (caught.value.code, caught.value.field) == ("INVALID_FILTER", "q")


_ENTRY = entry(
    "[checkout] Payment callback failed: missing transId (orderId=25000233)",
    {"user": {"name": "Jörg Groß", "id": 4711}, "ratio": 0.25, "tags": ["late payment", "x"], "ok": True},
    record=RecordDetails(
        body=packed(["bodily words"]), resource=packed({"attributes": {"host": "web-1"}, "schemaUrl": "u"})
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "payment",
        "PAYMENT callback",
        '"payment callback failed"',
        "orderId=25000233",
        "orderId=250*",
        "trans*",
        "jörg",
        "JÖRG-GROSS",
        "4711",
        "0.25",
        "25",
        '"late payment"',
        "bodily",
        "web-1",
        "checkout 4711 bodily",
    ],
)
def test_an_entry_has(text: str) -> None:
    assert text_matches(parse_text(text), _ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "pay",
        "ayment",
        "transI",
        '"callback payment"',
        '"failed 4711"',
        '"payment x"',
        "2500023",
        "471*1",
        "name",
        "true",
        "schemaUrl",
        "u",
        "payment nowhere",
        "ent*",
    ],
)
def test_an_entry_has_not(text: str) -> None:
    assert not text_matches(parse_text(text), _ENTRY)


@pytest.mark.parametrize("value", ["a\nword", 'a"word"', "a\\word", "a\0word", "\x7fword", "\t word"])
def test_what_json_escapes_hides_no_word(value: str) -> None:
    assert text_matches(parse_text("word"), entry(attributes={"x": value}))


def _words_of_each(found: Entry) -> list[list[str]]:
    return [words_of(text) for text in (found.message, *texts_in(found.attributes, found.record))]


def _is_in(phrase: Phrase, words: list[str]) -> bool:
    rows = (tuple(words[start : start + len(phrase.words)]) for start in range(len(words)))
    return any(row == phrase.words or (phrase.is_prefix and _goes_on(phrase.words, row)) for row in rows)


def _goes_on(words: tuple[str, ...], row: tuple[str, ...]) -> bool:
    return len(row) == len(words) and row[:-1] == words[:-1] and row[-1].startswith(words[-1])


def _found_by_words(query: TextQuery, found: Entry) -> bool:
    return all(any(_is_in(phrase, words) for words in _words_of_each(found)) for phrase in query.phrases)


@given(QUERIES, ENTRIES)
def test_a_match_is_what_the_words_say(text: str, found: Entry) -> None:
    query = parse_text(text)
    assert text_matches(query, found) is _found_by_words(query, found)


@given(QUERIES)
def test_a_query_has_one_spelling(text: str) -> None:
    assert parse_text(str(parse_text(text))) == parse_text(text)


def test_a_long_text_of_separators_takes_no_time() -> None:
    attributes: dict[str, Any] = {"x": "a" + " " * 200_000 + "c " * 50_000}
    assert not text_matches(parse_text('"a b" "c a"'), entry("a" + "-" * 200_000, attributes))
