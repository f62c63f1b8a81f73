"""The events of a run: each a pure function of the seed and its number, so that it is known when it is read back."""

from dataclasses import dataclass
from random import Random
from typing import Any

from server.core.instants import format_rfc3339
from server.core.model import LEVELS_BY_WORD

LEVELS = tuple(LEVELS_BY_WORD)
WINDOW = "1h"
"""Longer than any run: every key has one window."""
_BEGIN = 1_767_225_600_000_000_000
_ALPHABET = 'abcdefghijklmnopqrstuvwxyz 0123456789 äß€漢😀\t"\\/<>{}'
_LONG_MESSAGE = 30_000


@dataclass(frozen=True)
class Event:
    """An event as REST writes it. Without an id it must not be sent twice."""

    number: int
    payload: dict[str, Any]

    @property
    def has_id(self) -> bool:
        """Whether it may be sent again."""
        return "eventId" in self.payload

    @property
    def debounce_key(self) -> str | None:
        """What it is debounced by."""
        debounce: dict[str, str] | None = self.payload.get("useDebounce")
        return None if debounce is None else debounce["key"]


class Oracle:
    """Knows every event of a run. `debounced_share` of them, all with ids, repeat one of five keys."""

    def __init__(self, seed: int, *, debounced_share: float = 0.25, anonymous_share: float = 0.2) -> None:
        self.seed = seed
        self._debounced_share = debounced_share
        self._anonymous_share = anonymous_share

    def event(self, number: int) -> Event:
        """The event of this number."""
        random = Random(f"{self.seed}/{number}")
        payload: dict[str, Any] = {
            "message": f"Event {number}: {_text(random)}",
            "level": random.choice(LEVELS),
            "service": f"service-{random.randrange(4)}",
            "attributes": _attributes(random, number),
        }
        if random.random() < 0.5:
            payload["component"] = random.choice(("cart", "kasse-ü", "x" * 200))
        if random.random() < 0.3:
            payload["traceId"] = f"{random.getrandbits(128) | 1:032x}"
        if random.random() < 0.5:
            payload["eventTime"] = format_rfc3339(_BEGIN + random.randrange(50) * 10**6 + random.randrange(10**6))
        kind = random.random()
        if kind >= self._anonymous_share:
            payload["eventId"] = f"{self.seed}-{number}"
        if kind >= 1 - self._debounced_share:
            self._debounce(payload, random.randrange(5))
        return Event(number, payload)

    def _debounce(self, payload: dict[str, Any], key: int) -> None:
        payload["level"] = LEVELS[key]
        payload["useDebounce"] = {"key": f"key-{self.seed}-{key}", "maxInterval": WINDOW}


def _text(random: Random) -> str:
    length = _LONG_MESSAGE if random.random() < 0.002 else random.randrange(1, 120)
    return "".join(random.choices(_ALPHABET, k=length))


def _attributes(random: Random, number: int) -> dict[str, Any]:
    # Numbers that gRPC's doubles keep as they are.
    return {
        "number": number,
        "integer": random.randrange(-(2**53), 2**53),
        "ratio": random.random(),
        "flag": random.random() < 0.5,
        "nothing": None,
        "list": [random.randrange(10), "two", [3.5, None]],
        "nested": {"a.b": {"$c": _text(random)}},
    }
