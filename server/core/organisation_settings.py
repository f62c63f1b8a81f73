"""What an organisation may choose: how long entries of each level live, and its default debounce window.

A setting is kept by its name as whole milliseconds, and only where the organisation chose it: what it did not choose
is as shipped, also after an update of the service.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.core.debounce import DEFAULT_INTERVAL_MILLISECONDS
from server.core.errors import InvalidField
from server.core.intervals import format_interval, parse_interval, read_milliseconds
from server.core.model import LEVELS_BY_WORD, NANOSECONDS_PER_MILLISECOND, Entry, Level
from server.core.retention import EVENT_ID_NANOSECONDS, SHIPPED_PERIODS, Periods

_DAY_MILLISECONDS = 86_400_000
MIN_PERIOD_MILLISECONDS = EVENT_ID_NANOSECONDS // NANOSECONDS_PER_MILLISECOND
"""The shortest retention period: one day, as long as an event id is remembered."""
MAX_PERIOD_MILLISECONDS = 3_650 * _DAY_MILLISECONDS
"""The longest one: ten years."""

_RETENTION = {level: f"retention_{word}" for word, level in LEVELS_BY_WORD.items()}
_DEBOUNCE_WINDOW = "debounce_window"
_MEMBERS = ("retention", "debounceWindow")


class OrganisationSettings(msgspec.Struct, frozen=True):
    """The settings of one organisation; `chosen` are those that are not as shipped, by name, in milliseconds."""

    chosen: Mapping[str, int] = {}

    def period(self, level: Level) -> int:
        """The retention period of a level, in nanoseconds."""
        chosen = self.chosen.get(_RETENTION[level])
        return SHIPPED_PERIODS[level] if chosen is None else chosen * NANOSECONDS_PER_MILLISECOND

    @property
    def debounce_window_milliseconds(self) -> int:
        """The window of an event that asks for none of its own length."""
        return self.chosen.get(_DEBOUNCE_WINDOW, DEFAULT_INTERVAL_MILLISECONDS)

    def changed(self, changes: Mapping[str, int]) -> "OrganisationSettings":
        """The settings with these changes."""
        return OrganisationSettings({**self.chosen, **changes})

    def applied(self, entry: Entry) -> Entry:
        """An entry as the organisation's periods have it; a store tells when it expires as shipped."""
        more = self.period(entry.level) - SHIPPED_PERIODS[entry.level]
        return msgspec.structs.replace(entry, expire_time=entry.expire_time + more) if more else entry


def read_settings_changes(fields: Mapping[str, Any]) -> dict[str, int]:
    """What is to change, by the name of its setting, from decoded JSON; null is absent.

    Raises InvalidField, naming the member.
    """
    for member in fields:
        if member not in _MEMBERS:
            raise _unknown(member, _MEMBERS)
    changes: dict[str, int] = {}
    retention = fields.get("retention")
    if retention is not None:
        if not isinstance(retention, dict):
            raise _invalid("retention", 'retention must be an object, an interval a level: {"info": "14d"}.')
        changes.update(_periods(retention))
    if (window := fields.get("debounceWindow")) is not None:
        changes[_DEBOUNCE_WINDOW] = parse_interval(window, "debounceWindow")
    return changes


def settings_json(settings: OrganisationSettings) -> dict[str, Any]:
    """The settings as REST answers them: every one, chosen or not."""
    return {
        "retention": {
            level.word: format_interval(settings.period(level) // NANOSECONDS_PER_MILLISECOND) for level in Level
        },
        "debounceWindow": format_interval(settings.debounce_window_milliseconds),
    }


def periods_of(chosen: Mapping[int, Mapping[str, int]]) -> Periods:
    """The retention periods of all organisations, from what they chose."""
    everybody = {number: OrganisationSettings(settings) for number, settings in chosen.items()}
    return Periods({number: {level: each.period(level) for level in Level} for number, each in everybody.items()})


def _periods(retention: Mapping[str, Any]) -> dict[str, int]:
    periods: dict[str, int] = {}
    for word, value in retention.items():
        level = LEVELS_BY_WORD.get(word)
        if level is None:
            raise _unknown(f"retention.{word}", tuple(f"retention.{each}" for each in LEVELS_BY_WORD))
        if value is not None:
            periods[_RETENTION[level]] = _period(f"retention.{word}", value)
    return periods


def _period(field: str, value: Any) -> int:
    milliseconds = read_milliseconds(value, most=MAX_PERIOD_MILLISECONDS)
    if milliseconds is None or not MIN_PERIOD_MILLISECONDS <= milliseconds <= MAX_PERIOD_MILLISECONDS:
        raise _invalid(
            field,
            f"{field} must be from 1 day to 10 years (3650d): whole numbers with the units d, h, m and s, each at most"
            " once ('14d', '1d 12h'), or a number of minutes.",
        )
    return milliseconds


def _unknown(member: str, members: tuple[str, ...]) -> InvalidField:
    shown = member[:100]
    return _invalid(shown, f"There is no setting {shown!a}; there are {', '.join(members)}.")


def _invalid(field: str, description: str) -> InvalidField:
    return InvalidField(description, message=f"Invalid {field}", field=field)
