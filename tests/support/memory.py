"""How much memory a process needs at most while something happens to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

_LOOK_SECONDS = 0.02


class Peak:
    """The largest resident memory that was seen, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0


@asynccontextmanager
async def peak_memory(process: psutil.Process) -> AsyncIterator[Peak]:
    """Watch a process while the block runs."""
    peak = Peak()

    async def watch() -> None:
        while process.is_running():
            peak.bytes = max(peak.bytes, process.memory_info().rss)
            await asyncio.sleep(_LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
