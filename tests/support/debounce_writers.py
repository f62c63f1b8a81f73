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

_COOL_KEYS = 1_000


class Ports(msgspec.Struct):
    """Where one service listens."""

    http_port: int
    grpc_port: int


class Order(msgspec.Struct):
    """What a process is asked to do: `writers` write in turn over both doors of all services, for a time.

    An event asks for one of the `keys`; `cool_share` of them for one of a thousand others. `retry_share` of them are
    sent over several doors at once; of these copies, `plain_share` ask for no key.
    """

    services: list[Ports]
    name: str
    keys: list[str]
    seconds: float
    writers: int = 50
    retry_share: float = 0.05
    plain_share: float = 0.0
    cool_share: float = 0.0
    interval: str = "1s"


class Done(msgspec.Struct):
    """What became of it: all answers, distinct acknowledged events by key ("" for none), their outcomes by entry."""

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
        ways: list[Way] = [kind(ports) for ports in self._order.services for kind in (RestLog, GrpcLog)]
        sent = 0
        while monotonic() < end:
            copies = random.randrange(2, len(ways) + 1) if random.random() < self._order.retry_share else 1
            events = self._copies(random, f"{self._order.name}-{number}-{sent}", copies)
            # A retry may overtake what it repeats: all are under way at once, over different doors.
            chosen = random.sample(ways, copies)
            answers = await asyncio.gather(*(way.send([event]) for way, event in zip(chosen, events, strict=True)))
            self._note(events, [answer for (answer,) in answers])
            sent += 1
        for way in ways:
            await way.close()

    def _copies(self, random: Random, event_id: str, copies: int) -> list[Event]:
        cool = random.random() < self._order.cool_share
        key = f"cool-{random.randrange(_COOL_KEYS)}" if cool else random.choice(self._order.keys)
        plain = {"message": "hot", "eventId": event_id}
        debounced: dict[str, Any] = {**plain, "useDebounce": {"key": key, "maxInterval": self._order.interval}}
        return [Event(0, plain if random.random() < self._order.plain_share else debounced) for _ in range(copies)]

    def _note(self, events: list[Event], answers: list[Acknowledgement]) -> None:
        """One of the copies is the event; all are told of the entry that has it."""
        fresh = [place for place, answer in enumerate(answers) if answer.outcome != "duplicate"]
        assert len(fresh) == 1, f"{events[0].payload['eventId']}: {answers}"
        assert len({answer.entry_id for answer in answers}) == 1, answers
        self._answers += len(answers)
        self._events[events[fresh[0]].debounce_key or ""] += 1
        answer = answers[fresh[0]]
        assert answer.entry_id is not None
        self._outcomes.setdefault(answer.entry_id, Counter())[answer.outcome] += 1


if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Writers(order).run())))
