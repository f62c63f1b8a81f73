"""What `q` asks for: words, phrases and words that begin so, and whether an entry has them.

Each must be found somewhere in the message or in one value of an attribute, of the body or of the resource.
"""

import re
from functools import lru_cache
from typing import Protocol

import msgspec

from server.core.model import RecordDetails
from server.core.query.invalid import invalid_filter
from server.core.query.words import texts_in, words_of

MAX_WORDS = 100
"""Words of one `q`."""

_REMEMBERED_QUERIES = 128
_QUOTED = re.compile(r'"([^"]*)"?')
_BARE = re.compile(r'[^\s"]+')
_PREFIX_END = re.compile(r"\w\*\W*\Z")


class HasText(Protocol):
    """What `q` looks at."""

    @property
    def message(self) -> str:
        """What was logged."""

    @property
    def attributes(self) -> bytes:
        """A JSON object, b"" for none."""

    @property
    def record(self) -> RecordDetails | None:
        """What only OpenTelemetry has."""


class Phrase(msgspec.Struct, frozen=True, order=True):
    """Words in a row, one or more, folded. With `is_prefix` the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def __str__(self) -> str:
        """The phrase as `q` and the query string read it."""
        if self.is_prefix:
            return ".".join(self.words) + "*"
        return self.words[0] if len(self.words) == 1 else f'"{" ".join(self.words)}"'


class TextQuery(msgspec.Struct, frozen=True):
    """Phrases that must all be found; sorted, each once."""

    phrases: tuple[Phrase, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.phrases))


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def parse_text(text: str, field: str = "q") -> TextQuery:
    """The words and phrases of a `q`: what stands between spaces is a phrase of its words, and so are quoted words.

    `*` behind the last word of a phrase without quotes finds words that begin so. Raises InvalidField,
    INVALID_FILTER, where there is no word, or more than 100.
    """
    phrases: set[Phrase] = set()
    position = 0
    while position < len(text):
        if match := _QUOTED.match(text, position):
            phrases |= quoted_phrase(match[1])
        elif match := _BARE.match(text, position):
            phrases |= bare_phrase(match[0])
        position = match.end() if match else position + 1
    if not phrases:
        raise invalid_filter(f"{field} must have a word: letters, digits or _.", field)
    if sum(len(phrase.words) for phrase in phrases) > MAX_WORDS:
        raise invalid_filter(f"{field} may have at most {MAX_WORDS} words.", field)
    return TextQuery(tuple(sorted(phrases)))


def quoted_phrase(text: str) -> frozenset[Phrase]:
    """The phrase between quotes, or nothing where there is no word."""
    words = words_of(text)
    return frozenset([Phrase(tuple(words))] if words else [])


def bare_phrase(text: str) -> frozenset[Phrase]:
    """The phrase in a text without spaces and quotes, or nothing where there is no word."""
    words = words_of(text)
    return frozenset([Phrase(tuple(words), _PREFIX_END.search(text.casefold()) is not None)] if words else [])


def text_matches(query: TextQuery, entry: HasText) -> bool:
    """Whether an entry has all of the phrases. Most entries have not, and most of these show it at a glance."""
    message = entry.message.casefold()
    missing = [phrase for phrase in query.phrases if not _is_in(phrase, message)]
    if not missing:
        return True
    attributes, record = entry.attributes, entry.record
    if not attributes and record is None:
        return False
    encoded = _encoded(attributes, record)
    if not all(word in encoded for phrase in missing for word in phrase.words):
        return False
    values = [text.casefold() for text in texts_in(attributes, record)]
    return all(any(_is_in(phrase, value) for value in values) for phrase in missing)


def _encoded(attributes: bytes, record: RecordDetails | None) -> str:
    """Where every word of every value is found, and more: JSON as it stands, whose escapes hide no word."""
    encoded = attributes if record is None else b" ".join((attributes, record.body, record.resource))
    return encoded.decode().casefold()


def _is_in(phrase: Phrase, folded: str) -> bool:
    return all(word in folded for word in phrase.words) and _pattern(phrase).search(folded) is not None


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def _pattern(phrase: Phrase) -> re.Pattern[str]:
    # Words need no escaping: they are letters, digits and _.
    return re.compile(r"(?<!\w)" + r"\W++".join(phrase.words) + ("" if phrase.is_prefix else r"(?!\w)"))
