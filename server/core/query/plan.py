"""Plans: what a filter requires of the terms of an entry. It is necessary, never sufficient."""

from collections.abc import Iterable, Iterator

import msgspec

from server.core.query.conditions import Condition
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS, EntryFilter
from server.core.query.terms import (
    FIELD_LETTERS,
    OVERFLOW,
    equal_terms,
    field_term,
    head_of,
    head_term,
    word_term,
)
from server.core.query.text import parse_text
from server.core.query.values import scalars_of
from server.core.query.words import words_of


class Requirement(msgspec.Struct, frozen=True, order=True):
    """One of these terms, or one of the vocabulary (`vocabulary_of`) that begins with one of the prefixes."""

    terms: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """All of the requirements; without any, only a scan finds what the filter chooses."""

    requirements: tuple[Requirement, ...]

    @property
    def is_scan(self) -> bool:
        """Whether terms do not help."""
        return not self.requirements


def plan_of(filters: EntryFilter) -> Plan:
    """What the terms of every entry that a filter chooses fulfil. Times, negations and order require nothing."""
    return Plan(tuple(sorted(set(_requirements(filters)))))


def _requirements(filters: EntryFilter) -> Iterator[Requirement]:
    if filters.levels:
        yield _any_field("level", [level.word for level in filters.levels])
    for member in FIELDS.values():
        if values := getattr(filters, member):
            yield _any_field(member, values)
    for name, values in filters.attributes:
        yield from _attribute(name, values)
    yield from _texts(filters.q)
    for condition in filters.conditions:
        yield from _condition(condition)


def _condition(condition: Condition) -> Iterator[Requirement]:
    if condition.is_negated or any(one.operator != "=" for one in condition.comparisons):
        return
    values = tuple(str(one.value) for one in condition.comparisons)
    if condition.field.startswith(ATTRIBUTE_PREFIX):
        yield from _attribute(condition.field.removeprefix(ATTRIBUTE_PREFIX), values)
    elif condition.field == "q":
        yield from _texts(values)
    else:
        yield _any_field(FIELDS.get(condition.field, condition.field), values)


def _any_field(member: str, values: tuple[str, ...] | list[str]) -> Requirement:
    return _required(field_term(FIELD_LETTERS[member], value) for value in values)


def _attribute(name: str, values: tuple[str, ...]) -> Iterator[Requirement]:
    """Any of the values by its terms; a single long text by its words."""
    if len(values) == 1 and equal_terms(name, values[0]) is None and not scalars_of(values[0]):
        yield from (_required([word_term(word), OVERFLOW]) for word in words_of(values[0]))
        return
    terms: list[str] = []
    for value in values:
        equal = equal_terms(name, value)
        if equal is None:
            return
        terms += equal
    yield _required([*terms, OVERFLOW])


def _texts(texts: tuple[str, ...]) -> Iterator[Requirement]:
    """All words of a single text; of several, one of each."""
    if len(texts) == 1:
        yield from _phrases(texts[0])
        return
    rarest = [max(_phrases(text), key=_length, default=None) for text in texts]
    found = [required for required in rarest if required is not None]
    if found and len(found) == len(rarest):
        yield _required(
            [term for required in found for term in required.terms],
            [prefix for required in found for prefix in required.prefixes],
        )


def _phrases(text: str) -> Iterator[Requirement]:
    for phrase in parse_text(text).phrases:
        whole = phrase.words[:-1] if phrase.is_prefix else phrase.words
        yield from (_required([word_term(word), OVERFLOW]) for word in whole)
        if phrase.is_prefix:
            yield from _beginning(phrase.words[-1])


def _beginning(word: str) -> Iterator[Requirement]:
    """What words that begin so have: a word itself where it has no digits, otherwise what stands before the first.

    Where a digit is the first character, that is nothing.
    """
    head = head_of(word)
    if head is None:
        yield _required([OVERFLOW], [word_term(word), head_term(word)])
    elif head:
        yield _required([head_term(head), OVERFLOW])


def _required(terms: Iterable[str], prefixes: Iterable[str] = ()) -> Requirement:
    return Requirement(tuple(sorted(set(terms))), tuple(sorted(set(prefixes))))


def _length(required: Requirement) -> int:
    """Long words are rare ones."""
    return max(map(len, (*required.terms, *required.prefixes)))
