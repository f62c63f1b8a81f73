"""The pieces of a query string, from left to right."""

import re

from server.core.errors import InvalidField
from server.core.query.invalid import invalid_filter

_SPACES = re.compile(r"\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_BARE_NAME = re.compile(r'[^\s":]+(?=:)')
_BARE_TEXT = re.compile(r'[^\s"]+')
_BARE_VALUE = re.compile(r'[^\s",]+')
_OPERATOR = re.compile(r">=|<=|>|<|=")
_ESCAPED = re.compile(r'\\(["\\])')
_SHOWN_BEFORE, _SHOWN_BEHIND = 50, 20


class Scanner:
    """A text and a place in it. What is taken moves the place; None, or false, is what is not there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.position = 0

    def skip_spaces(self) -> bool:
        """Whether there is more behind the spaces."""
        self._take(_SPACES)
        return self.position < len(self._text)

    def is_at_end_of_item(self) -> bool:
        """Whether a space or the end is next."""
        return self.position == len(self._text) or self._text[self.position].isspace()

    def take_character(self, character: str) -> bool:
        """Take this character."""
        is_there = self._text.startswith(character, self.position)
        self.position += is_there
        return is_there

    def take_name(self) -> str | None:
        """Take a name, quoted or not, with the colon behind it."""
        start = self.position
        name = self.take_quoted()
        if name is None:
            name = self._take(_BARE_NAME)
        if name is not None and self.take_character(":"):
            return name
        self.position = start
        return None

    def take_text(self) -> str | None:
        """Take what has neither spaces nor quotes."""
        return self._take(_BARE_TEXT)

    def take_value(self) -> str | None:
        """Take what has no spaces, quotes or commas."""
        return self._take(_BARE_VALUE)

    def take_operator(self) -> str | None:
        """Take one of the signs that compare."""
        return self._take(_OPERATOR)

    def take_quoted(self) -> str | None:
        """Take a text in quotes, without them. Raises InvalidField where the second one is missing."""
        match = _QUOTED.match(self._text, self.position)
        if match is not None:
            self.position = match.end()
            return _ESCAPED.sub(r"\1", match[1])
        if self._text.startswith('"', self.position):
            raise self.failure("This quote has no end: another one is needed", self.position)
        return None

    def failure(self, problem: str, position: int) -> InvalidField:
        """The error, with the problem, its place (from 1), and the text around it over a caret."""
        first = max(0, position - _SHOWN_BEFORE)
        around = self._text[first : position + _SHOWN_BEHIND]
        shown = "".join(character if character.isprintable() else " " for character in around)
        caret = " " * (position - first) + "^"
        return invalid_filter(
            f"{problem.rstrip('.')}, at character {position + 1} of query.\n{shown}\n{caret}", "query"
        )

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self._text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match[0]
