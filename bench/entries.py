"""A log of realistic entries, the same for the same seed: `python -m bench.entries FILE COUNT` fills an SQLite file.

A month of 40 services: most entries are of few of them, most words are common ones, some entries arrive late. What a
search has to find is known: see `RARE_SERVICE`, `rare_word`, `trace_of`, `SELDOM_TOGETHER`.
"""

import asyncio
import random
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from server.core.model import NANOSECONDS_PER_SECOND, Door, Level, LogEvent, Submission
from server.storage.sqlite.store import SqliteStore

DAYS = 30
END = 1_790_000_000 * NANOSECONDS_PER_SECOND
"""The time of the newest entry."""
RARE_SERVICE = "archiver"
SELDOM_TOGETHER = ("refunded", "thumbnail")
"""Words of a fiftieth of all messages each, that meet in one of a hundred thousand."""
PHRASE = "connection reset by peer"
"""Words that are common, and stand in this order in one of ten thousand messages."""

_RARE_EACH = 100_000
_TRACE_ENTRIES = 10
_LATE_NANOSECONDS = 3600 * NANOSECONDS_PER_SECOND
_COMMIT_EVENTS = 2_000
_VOCABULARY, _TEMPLATES = 30_000, 4_000
_SYLLABLES = re.findall("..", "babebibocacedadedidofafegagehaheinkakolalelilomamemimonanenopapeporare")
_LEVELS = {Level.INFO: 700, Level.SUCCESS: 120, Level.WARNING: 100, Level.ERROR: 70, Level.CRITICAL: 10}
_METHODS = ("GET", "POST", "PUT", "DELETE")
_STATUS = {200: 80, 201: 5, 302: 3, 404: 6, 500: 4, 503: 2}
_REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")

T = TypeVar("T")


def rare_word(number: int) -> str:
    """A word that one message of a hundred thousand has; `number` counts them from 0."""
    return f"quux{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}{'uvwxyz'[number // 100 % 6]}"


def trace_of(number: int) -> str:
    """The trace of entry `number`, which it has in common with its nine neighbours."""
    return f"{(number // _TRACE_ENTRIES + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


def submissions(count: int, *, seed: int = 1, organisation: int = 1) -> Iterator[list[Submission]]:
    """All entries, in commits, in the order of their arrival."""
    source = _Source(count, seed, organisation)
    for first in range(0, count, _COMMIT_EVENTS):
        yield source.some(first, min(_COMMIT_EVENTS, count - first))


class _Source:
    def __init__(self, count: int, seed: int, organisation: int) -> None:
        self._random = random.Random(seed)
        self._organisation = organisation
        self._step = DAYS * 24 * 3600 * NANOSECONDS_PER_SECOND // count
        self._begin = END - self._step * count
        words = self._words()
        self._templates = [self._template(words) for _ in range(_TEMPLATES)]
        services = [f"{words[40 + number]}-service" for number in range(40)]
        # Each message is of one service; a few services have most messages.
        self._service_of = dict(zip(self._templates, self._zipf(services, len(self._templates)), strict=True))

    def some(self, first: int, count: int) -> list[Submission]:
        templates = self._zipf(self._templates, count)
        levels = self._weighted(_LEVELS, count)
        statuses = self._weighted(_STATUS, count)
        return [
            self._one(first + place, *chosen)
            for place, chosen in enumerate(zip(templates, levels, statuses, strict=True))
        ]

    def _one(self, number: int, template: str, level: Level, status: int) -> Submission:
        chance = self._random.random
        customer, order = int(chance() ** 3 * 200_000), 25_000_000 + number
        event_time = received = self._begin + number * self._step
        if chance() < 0.02:
            event_time -= int(chance() * _LATE_NANOSECONDS)
        service = self._service_of[template]
        message = template % (order, int(chance() * 2_000))
        if chance() < 0.04:
            message = f"{message} {SELDOM_TOGETHER[number % 2]}"
        if number % _RARE_EACH == 777:
            service = RARE_SERVICE
            message = f"{message} {rare_word(number // _RARE_EACH)} {' '.join(SELDOM_TOGETHER)}"
        if number % 10_000 == 55:
            message = f"{message}: {PHRASE}"
        attributes = (
            f'{{"orderId":{order},"customer":"c-{customer}","http.method":"{_METHODS[number % 4]}",'
            f'"http.status_code":{status},"url":"/api/v1/{service}/{template[:6].strip()}/{customer % 1000}",'
            f'"durationMs":{int(chance() ** 4 * 30_000)},"region":"{_REGIONS[customer % 3]}","retry":false}}'
        ).encode()
        event = LogEvent(
            message=message,
            level=level,
            size=len(message) + len(attributes),
            service=service,
            component=template[:4].strip(),
            code=f"E{customer % 200}" if level >= Level.ERROR else None,
            environment="production" if chance() < 0.8 else "staging",
            release="2.14.1",
            trace_id=trace_of(number),
            span_id=f"{number:016x}",
            attributes=attributes,
        )
        return Submission(
            event=event,
            organisation_id=self._organisation,
            door=Door.REST,
            receive_time=received,
            event_time=event_time,
            window=None,
            id_hash=None,
        )

    def _words(self) -> list[str]:
        """Distinct words, the commonest first."""
        common = ["connection", "reset", "by", "peer", "request", "failed", "payment", "order", "customer", "timeout"]
        made = dict.fromkeys(common)
        while len(made) < _VOCABULARY:
            made["".join(self._random.choices(_SYLLABLES, k=self._random.randint(2, 5)))] = None
        return list(made)

    def _template(self, words: Sequence[str]) -> str:
        chosen = self._zipf(words, self._random.randint(5, 14))
        self._random.shuffle(chosen)
        return f"{chosen[0]} [{chosen[1]}] {' '.join(chosen[2:])} (orderId=%d) after %d ms"

    def _zipf(self, values: Sequence[T], count: int) -> list[T]:
        """The n-th value comes a n-th as often as the first."""
        return self._random.choices(values, cum_weights=_zipf_weights(len(values)), k=count)

    def _weighted(self, weights: "dict[T, int]", count: int) -> list[T]:
        return self._random.choices(list(weights), list(weights.values()), k=count)


@cache
def _zipf_weights(count: int) -> list[float]:
    return list(accumulate(1 / (place + 1) for place in range(count)))


async def fill(path: Path, count: int, *, seed: int = 1) -> None:
    """Make the file, with organisation 1, and store all entries in it."""
    store = SqliteStore(path)
    try:
        organisation = await store.create_organisation("bench")
        for some in submissions(count, seed=seed, organisation=organisation):
            await store.commit([store.prepare(one) for one in some])
    finally:
        await store.close()


def main() -> None:
    path, count = Path(sys.argv[1]), int(sys.argv[2])
    begin = perf_counter()
    asyncio.run(fill(path, count))
    print(f"{count:,} entries in {perf_counter() - begin:.0f} s, {path.stat().st_size / count:.0f} bytes an entry.")


if __name__ == "__main__":
    main()
