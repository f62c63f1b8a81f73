"""Words: maximal runs of letters, digits and `_`, without case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.model import RecordDetails
from server.core.query.words import texts_in, words_of
from tests.support.searching import packed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" -\t…", []),
        (
            "[checkout] Failed: transId (orderId=25)",
            ["checkout", "failed", "transid", "orderid", "25"],
        ),
        ("snake_case kebab-case a.b", ["snake_case", "kebab", "case", "a", "b"]),
        ("GRÖSSE Größe", ["grösse", "grösse"]),
        ("İs", ["i", "s"]),
        ("\N{KELVIN SIGN}elvin", ["kelvin"]),
        ("ΣΊΣΥΦΟΣ", ["σίσυφοσ"]),
        ("日本 ١٢", ["日本", "١٢"]),
        ("a\0b\x1cc\x7fd", ["a", "b", "c", "d"]),
    ],
)
def test_a_text_has_these_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text())
def test_words_are_words_of_themselves(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert all(character == "_" or character.isalnum() for word in words for character in word)


@given(st.text(st.characters(max_codepoint=127)))
def test_a_text_in_ascii_is_cut_like_any_other(text: str) -> None:
    assert words_of(text) == words_of(text + " é")[:-1]


def test_texts_and_numbers_are_looked_at_wherever_they_stand() -> None:
    attributes = b'{"name":"text","n":[-5,1.50,{"deep":{"er":"x"}}],"yes":true,"nil":null}'
    record = RecordDetails(
        body=packed({"said": ["body"]}),
        resource=packed({"attributes": {"host": "h1"}, "schemaUrl": "no"}),
        scope=b'{"name":"no"}',
    )
    assert sorted(texts_in(attributes, record)) == ["-5", "1.50", "body", "h1", "text", "x"]
    assert list(texts_in(b"", None)) == []
