"""Retention: how long entries of a level live."""

import pytest

from server.core.model import Level
from server.core.retention import SHIPPED_PERIODS, expire_time

_DAY = 86_400 * 1_000_000_000


@pytest.mark.parametrize(
    ("level", "days"),
    [(Level.INFO, 14), (Level.SUCCESS, 30), (Level.WARNING, 60), (Level.ERROR, 180), (Level.CRITICAL, 365)],
    ids=lambda value: value.word if isinstance(value, Level) else str(value),
)
def test_an_entry_expires_its_levels_period_after_its_last_occurrence_to_the_nanosecond(
    level: Level, days: int
) -> None:
    assert expire_time(level, 1_777_777_777_123_456_789) == 1_777_777_777_123_456_789 + days * _DAY


def test_every_level_has_a_period() -> None:
    assert set(SHIPPED_PERIODS) == set(Level)
