"""A change stream takes its share, and gives up what it cannot catch up with."""

import asyncio
from time import thread_time

import pytest

from server.core.model import NANOSECONDS_PER_SECOND
from server.storage.mongo import pace
from server.storage.mongo.pace import Pace, TooFarBehind

_NOW = 1_800_000_000


async def read(chosen: Pace, *, committed_seconds: int, changes: int = 40) -> None:
    """Read changes that take a fifth of a millisecond each."""
    for _ in range(changes):
        chosen.begin()
        end = thread_time() + 0.0002
        while thread_time() < end:
            pass
        await chosen.end(committed_seconds)


async def test_others_have_their_turns_while_a_stream_is_read() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(other())
    await read(Pace(lambda: _NOW * NANOSECONDS_PER_SECOND), committed_seconds=_NOW)
    beside.cancel()
    assert turns > 10


async def test_who_is_far_behind_for_long_gives_up_and_who_comes_nearer_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = Pace(lambda: _NOW * NANOSECONDS_PER_SECOND)
    monkeypatch.setattr(pace, "_PATIENCE_SECONDS", 0.0)
    for behind in (6, 4, 6, 4):
        await read(chosen, committed_seconds=_NOW - behind, changes=22)
    with pytest.raises(TooFarBehind):
        await read(chosen, committed_seconds=_NOW - 6, changes=80)
