"""Events by level, as every answer has them."""

from collections.abc import Mapping

from server.core.model import Level


def levels_of(counts: Mapping[int, int]) -> dict[Level, int]:
    """Events by level, the gravest first, from those by a level's number; levels without any are left out."""
    return {level: counted for level in reversed(Level) if (counted := counts.get(level.value, 0)) > 0}
