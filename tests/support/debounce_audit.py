"""Holds what a service has stored against what the writers on its debounce keys were told."""

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from server.core.instants import parse_rfc3339
from server.core.model import NANOSECONDS_PER_SECOND
from tests.support.debounce_writers import Done, Order
from tests.support.service import environment

Told = Mapping[str, Counter[str]]

_LAST_ANSWERS_SECONDS = 60.0


async def write(order: Order) -> Done:
    """Let a process of its own write."""
    return await asyncio.to_thread(_write, order)


def _write(order: Order) -> Done:
    # A file: of a long answer through a pipe only what fits into the pipe arrived.
    with tempfile.TemporaryFile() as output:
        subprocess.run(
            [sys.executable, "-m", "tests.support.debounce_writers"],
            input=msgspec.json.encode(order),
            stdout=output,
            env=environment({}),
            timeout=order.seconds + _LAST_ANSWERS_SECONDS,
            check=True,
        )
        output.seek(0)
        return msgspec.json.decode(output.read(), type=Done)


def count_events(done: Sequence[Done]) -> Counter[str]:
    """Distinct acknowledged events by key."""
    return sum((Counter(one.events) for one in done), Counter())


def told_by_entry(done: Sequence[Done]) -> Told:
    """How often which outcome was told of each entry."""
    told: dict[str, Counter[str]] = {}
    for one in done:
        for entry_id, outcomes in one.outcomes.items():
            told.setdefault(entry_id, Counter()).update(outcomes)
    return told


def require_one_opener_a_window(entries: Sequence[dict[str, Any]], told: Told) -> None:
    """The entries of one key never overlap, and each was opened once; windows are a second long."""
    ends = sorted(parse_rfc3339(entry["windowEndTime"]) for entry in entries)
    assert all(later - earlier >= NANOSECONDS_PER_SECOND for earlier, later in pairwise(ends)), "Windows overlap."
    require_told(entries, told)


def require_told(entries: Sequence[dict[str, Any]], told: Told) -> None:
    """Of each entry's events, one was told that it is stored, and all others that they were added to it."""
    for entry in entries:
        assert told[entry["id"]] == Counter({"stored": 1, "debounced": entry["eventCount"] - 1}), entry
