"""From OpenTelemetry's severity to one of the five levels."""

from collections.abc import Iterable
from functools import lru_cache

from server.core.model import Level

_LONGEST_WORD = 32
"""Characters; a longer severity text is no word of ours, and is not remembered."""
_ROWS = {
    Level.INFO: "trace debug verbose info notice",
    Level.SUCCESS: "success succeeded ok passed",
    Level.WARNING: "warn warning",
    Level.ERROR: "error err severe fail",
    Level.CRITICAL: "critical crit fatal emergency panic alert",
}
_BY_WORD = {word: level for level, row in _ROWS.items() for word in row.split()}
_BY_NUMBER = {
    **dict.fromkeys(range(1, 13), Level.INFO),
    **dict.fromkeys(range(13, 17), Level.WARNING),
    **dict.fromkeys(range(17, 21), Level.ERROR),
    **dict.fromkeys(range(21, 25), Level.CRITICAL),
}


def level_of(number: int, text: str, attributes: Iterable[str]) -> Level:
    """The level of a record with this severity number and text and attributes of these names.

    The number decides. The text does only where there is no number of 1 to 24, and where a plain "info" (9 to 12) is
    a success; where neither says anything, an exception makes an error.
    """
    level = _BY_NUMBER.get(number)
    if level is None:
        level = _level_of_text(text)
        if level is None:
            level = Level.ERROR if any(name.startswith("exception.") for name in attributes) else Level.INFO
    elif 9 <= number <= 12 and _level_of_text(text) is Level.SUCCESS:
        level = Level.SUCCESS
    return level


def _level_of_text(text: str) -> Level | None:
    return _level_of_word(text) if 0 < len(text) <= _LONGEST_WORD else None


@lru_cache(maxsize=1024)
def _level_of_word(text: str) -> Level | None:
    word = text.strip().casefold()
    # INFO2 and ERROR4 are the specification's short names.
    return _BY_WORD.get(word) or _BY_WORD.get(word[:-1] if word[-1:] in "0123456789" else word)
