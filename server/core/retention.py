"""How long entries live: a period per level and organisation, counted from the receive time of the last occurrence."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from server.core.model import NANOSECONDS_PER_SECOND, Level

_DAY = 86_400 * NANOSECONDS_PER_SECOND

EVENT_ID_NANOSECONDS = _DAY
"""How long an event id is remembered; no retention period is shorter."""

SHIPPED_PERIODS: Mapping[Level, int] = MappingProxyType(
    {
        Level.INFO: 14 * _DAY,
        Level.SUCCESS: 30 * _DAY,
        Level.WARNING: 60 * _DAY,
        Level.ERROR: 180 * _DAY,
        Level.CRITICAL: 365 * _DAY,
    }
)
"""The retention period of each level, in nanoseconds, until an organisation chooses another."""


class Periods(msgspec.Struct, frozen=True):
    """The retention periods of all organisations, in nanoseconds: what they chose, the rest as shipped."""

    chosen: Mapping[int, Mapping[Level, int]] = {}

    def of(self, organisation_id: int, level: int) -> int:
        """How long entries of a level live in an organisation."""
        return self.chosen.get(organisation_id, SHIPPED_PERIODS)[Level(level)]

    @property
    def shortest(self) -> int:
        """No entry that comes now is over before this has passed."""
        return min(min(periods.values()) for periods in (SHIPPED_PERIODS, *self.chosen.values()))


class Age(msgspec.Struct, frozen=True):
    """What retention has to know of an entry. `key` is the store's, `size` bytes; `window_end` 0 = no window."""

    key: bytes
    organisation_id: int
    level: int
    last_receive_time: int
    window_end: int
    size: int


class Tally(msgspec.Struct):
    """So many entries, which take so many bytes in the store."""

    entries: int = 0
    bytes: int = 0


class Totals(msgspec.Struct, frozen=True):
    """What tallies come to. `levels`: those that have any entries, by their words."""

    entries: int
    bytes: int
    levels: Mapping[str, Tally]


def totals_of(tallies: Mapping[Level, Tally]) -> Totals:
    """All tallies together."""
    return Totals(
        sum(tally.entries for tally in tallies.values()),
        sum(tally.bytes for tally in tallies.values()),
        {level.word: tally for level, tally in tallies.items() if tally.entries},
    )


class Survey(msgspec.Struct, frozen=True):
    """What a piece of the store holds: the entries that are over, and when the first of the others will be.

    `end` is the last key of the piece, None if nothing comes behind it; `due` None if no entry stays.
    """

    end: bytes | None
    expired: list[Age]
    due: int | None
    entries: int


def expire_time(level: Level, last_receive_time: int) -> int:
    """When an entry's retention period ends as shipped, in nanoseconds since 1970.

    `last_receive_time` is when the server received the entry's last occurrence: an event that happened long ago
    is never born expired.
    """
    return last_receive_time + SHIPPED_PERIODS[level]


def end_of(age: Age, periods: Periods) -> int:
    """From when on an entry is over: its period has ended, and so has its window."""
    return max(age.last_receive_time + periods.of(age.organisation_id, age.level), age.window_end)


def survey_of(ages: Iterable[Age], end: bytes | None, periods: Periods, now: int) -> Survey:
    """A survey of these entries, whose last key is `end`."""
    expired: list[Age] = []
    due: int | None = None
    count = 0
    for count, age in enumerate(ages, start=1):  # noqa: B007 - the last one is the count
        over = end_of(age, periods)
        if over <= now:
            expired.append(age)
        elif due is None or over < due:
            due = over
    return Survey(end, expired, due, count)
