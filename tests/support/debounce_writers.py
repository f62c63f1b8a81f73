"""One of several client processes that write on a few hot debounce keys at once.

`python -m tests.support.debounce_writers` reads one JSON object from standard input and writes one to standard output.
"""

import asyncio
import sys
from collections import Counter
from random import Random
from time import monotonic
from typing import Any

import msgspec
import uvloop

from tests.support.conservation.ledger import Acknowledgement
from tests.support.conservation.oracle import Event
from tests.support.conservation.ways import GrpcLog, RestLog, Way


class Order(msgspec.Struct):
    """What a process is asked to do: `writers` write in turn over both doors, for a time, on all `keys`."""

    http_port: int
    grpc_port: int
    name: str
    keys: list[str]
    seconds: float
    writers: int = 50
    retry_share: float = 0.05
    interval: str = "1s"


class Done(msgspec.Struct):
    """What became of it: all answers, distinct acknowledged events by key, and their outcomes by entry."""

    answers: int
    events: dict[str, int]
    outcomes: dict[str, dict[str, int]]


class Writers:
    """The writers of one process."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._answers = 0
        self._events: Counter[str] = Counter()
        self._outcomes: dict[str, Counter[str]] = {}

    async def run(self) -> Done:
        """Write until the time is up."""
        end = monotonic() + self._order.seconds
        async with asyncio.TaskGroup() as group:
            for number in range(self._order.writers):
                group.create_task(self._write(number, end))
        return Done(self._answers, self._events, {entry: dict(outcomes) for entry, outcomes in self._outcomes.items()})

    async def _write(self, number: int, end: float) -> None:
        random = Random(f"{self._order.name}/{number}")
        ways: list[Way] = [RestLog(self._order), GrpcLog(self._order)]
        if number % 2:
            ways.reverse()
        sent = 0
        while monotonic() < end:
            event = self._event(random, f"{self._order.name}-{number}-{sent}")
            copies = 2 if random.random() < self._order.retry_share else 1
            # A retry may overtake what it repeats: both are under way at once, over different doors.
            answers = await asyncio.gather(*(way.send([event]) for way in ways[:copies]))
            self._note(event, [answer for (answer,) in answers])
            sent += 1
        for way in ways:
            await way.close()

    def _event(self, random: Random, event_id: str) -> Event:
        debounce = {"key": random.choice(self._order.keys), "maxInterval": self._order.interval}
        payload: dict[str, Any] = {"message": "hot", "eventId": event_id, "useDebounce": debounce}
        return Event(0, payload)

    def _note(self, event: Event, answers: list[Acknowledgement]) -> None:
        fresh = [answer for answer in answers if answer.outcome != "duplicate"]
        assert len(fresh) == 1, f"{event.payload['eventId']}: {answers}"
        assert len({answer.entry_id for answer in answers}) == 1, answers
        assert event.debounce_key is not None
        self._answers += len(answers)
        self._events[event.debounce_key] += 1
        entry = fresh[0].entry_id
        assert entry is not None
        self._outcomes.setdefault(entry, Counter())[fresh[0].outcome] += 1


if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Writers(order).run())))
