"""Terms: what an inverted index holds of an entry. What a filter requires of them stands in `plan.py`.

A term is a word, or a letter, a colon and a value: `s:checkout`, `a:http_status_code=500`. It has no spaces, only
letters, digits, `_`, `:` and `=`, folded. Other characters became `_` and what is long was cut, so that a term says
a little less than the value it stands for: whoever finds an entry by its terms verifies it by `matches`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from server.core.model import Level
from server.core.query.matching import Searchable
from server.core.query.values import places_in, scalars_of
from server.core.query.words import Fraction, decode_value, words_of

OVERFLOW = "o:"
"""Stands for all words and attributes of an entry that has too many."""
MAX_TERMS = 4096
"""Words, heads and attributes of one entry."""
MAX_WORD_LENGTH = 40
"""Characters of a word that are kept."""
MAX_INDEXED_VALUE_LENGTH = 40
"""Characters; a longer text in attributes is found by its words."""

FIELD_LETTERS = {
    "level": "l",
    "service": "s",
    "component": "c",
    "code": "k",
    "environment": "e",
    "trace_id": "t",
    "group_id": "g",
    "debounce_key": "b",
}
"""The letters of the members of an entry that have a term each."""

_LONGEST_VALUE = 64
_REMEMBERED_VALUES, _REMEMBERED_PATHS = 4096, 4096
_OTHER = re.compile(r"\W")
_FOLDED = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalnum() else ord("_") for byte in range(256)
)
_DIGITS = frozenset("0123456789")
_HEAD = re.compile(r"[^0-9]*(?=[0-9])")
_LITERALS = {True: "true", False: "false", None: "null"}


def terms_of(entry: Searchable) -> set[str]:
    """All terms of an entry: of its fields, its words, and short values of its attributes, body and resource."""
    fields = {
        field_term(letter, value)
        for member, letter in FIELD_LETTERS.items()
        if (value := getattr(entry, member)) is not None
    }
    texts, others = [entry.message], set[str]()
    for place in places_in(entry.attributes, entry.record, decode_value):
        _add_values(None, place, texts, others)
    _add_words(set(words_of("\n".join(texts))), others)
    return fields | others if len(others) <= MAX_TERMS else {*fields, OVERFLOW}


def vocabulary_of(terms: Iterable[str]) -> set[str]:
    """The terms that words which only begin so are looked up in: words without digits, and heads of those with."""
    return {
        term
        for term in terms
        if term.isalpha()
        or (term.startswith("d:") if ":" in term else term[0] not in _DIGITS and head_of(term) is None)
    }


@lru_cache(maxsize=_REMEMBERED_VALUES)
def field_term(letter: str, value: str | Level) -> str:
    """The term of a field's value."""
    return f"{letter}:{_folded(value.word if isinstance(value, Level) else value)[:_LONGEST_VALUE]}"


def word_term(word: str) -> str:
    """The term of a folded word."""
    return word[:MAX_WORD_LENGTH]


def head_of(word: str) -> str | None:
    """What stands before the first digit of a word, None without a digit."""
    match = _HEAD.match(word)
    return None if match is None else match[0]


def head_term(head: str) -> str:
    """The term of the words that begin so and go on with a digit."""
    return f"d:{head[:MAX_WORD_LENGTH]}"


def equal_terms(path: str, text: str) -> list[str] | None:
    """The terms of all values that equal a filter's; None where one of them has no term."""
    if len(text) > MAX_INDEXED_VALUE_LENGTH:
        return None
    return [_attribute_term(path, text), *(_attribute_term(path, _scalar(value)) for value in scalars_of(text))]


def _add_words(words: set[str], terms: set[str]) -> None:
    """Add the terms of words, and of the heads of those with digits."""
    # Every entry passes here, and has some thirty words: what most of them need is done at once.
    terms |= words if len(max(words, key=len, default="")) <= MAX_WORD_LENGTH else set(map(word_term, words))
    for word in words:
        if not word.isalpha() and word[0] not in _DIGITS and (head := head_of(word)):
            terms.add(head_term(head))


def _add_values(path: str | None, value: Any, texts: list[str], terms: set[str]) -> None:
    """Add the texts and numbers below a path, and the terms of all values that are not long texts.

    Each has the names on its way: however a filter's dots are read, they are the same path. One walk for both, and
    by exact types: every entry passes here.
    """
    kind = type(value)
    if kind is dict:
        for name, member in value.items():
            inner = name if path is None else f"{path}.{name}"
            if type(member) is str:
                # What most members are.
                texts.append(member)
                if len(member) <= MAX_INDEXED_VALUE_LENGTH:
                    terms.add(_attribute_term(inner, member))
            else:
                _add_values(inner, member, texts, terms)
        return
    if kind is list:
        for element in value:
            _add_values(path, element, texts, terms)
        return
    if kind is str or kind is Fraction:
        texts.append(value)
        value = value if kind is str else _scalar(float(value))
    elif kind is int:
        texts.append(value := str(value))
    else:
        value = _LITERALS[value]
    if path is not None and len(value) <= MAX_INDEXED_VALUE_LENGTH:
        terms.add(_attribute_term(path, value))


def _attribute_term(path: str, value: str) -> str:
    # Cut first: what is remembered must stay small.
    return _attribute_prefix(path[:_LONGEST_VALUE]) + _folded(value)


@lru_cache(maxsize=_REMEMBERED_PATHS)
def _attribute_prefix(path: str) -> str:
    return f"a:{_folded(path)}="


def _scalar(value: float | None) -> str:
    if value is None or isinstance(value, bool):
        return _LITERALS[value]
    whole = int(value)
    return str(whole) if whole == value and abs(whole) < 2**64 else repr(float(value))


def _folded(text: str) -> str:
    if text.isascii():
        return text.encode().translate(_FOLDED).decode()
    return _OTHER.sub("_", text.casefold())
