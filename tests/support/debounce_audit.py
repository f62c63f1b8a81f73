"""Holds what a service has stored against what the writers on its debounce keys were told."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from server.core.instants import parse_rfc3339
from tests.support.debounce_writers import Done, Order
from tests.support.service import environment

_SECOND = 1_000_000_000


async def write(order: Order) -> Done:
    """Let a process of its own write."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.debounce_writers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment({}),
    )
    try:
        output, _ = await process.communicate(msgspec.json.encode(order))
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return msgspec.json.decode(output, type=Done)


def count_events(done: Sequence[Done]) -> Counter[str]:
    """Distinct acknowledged events by key."""
    return sum((Counter(one.events) for one in done), Counter())


def require_one_opener_a_window(entries: Sequence[dict[str, Any]], done: Sequence[Done]) -> None:
    """The entries of one key never overlap, and each was opened once; windows are a second long."""
    ends = sorted(parse_rfc3339(entry["windowEndTime"]) for entry in entries)
    assert all(later - earlier >= _SECOND for earlier, later in pairwise(ends)), "Windows overlap."
    require_told(entries, done)


def require_told(entries: Sequence[dict[str, Any]], done: Sequence[Done]) -> None:
    """Of each entry's events, one was told that it is stored, and all others that they were added to it."""
    told: dict[str, Counter[str]] = {}
    for one in done:
        for entry_id, outcomes in one.outcomes.items():
            told.setdefault(entry_id, Counter()).update(outcomes)
    for entry in entries:
        assert told[entry["id"]] == Counter({"stored": 1, "debounced": entry["eventCount"] - 1}), entry
