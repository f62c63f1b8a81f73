"""Waiting for a condition instead of a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool], *, timeout_seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; TimeoutError if it never does."""
    async with asyncio.timeout(timeout_seconds):
        while not condition():  # noqa: ASYNC110 (any condition, also one that sets no event)
            await asyncio.sleep(0.005)


async def eventually(question: Callable[[], Awaitable[bool]], *, timeout_seconds: float = 10.0) -> None:
    """Ask somebody again and again, and return as soon as the answer is yes; TimeoutError if it never is."""
    async with asyncio.timeout(timeout_seconds):
        while not await question():  # noqa: ASYNC110 (it is asked again, and tells nobody by itself)
            await asyncio.sleep(0.02)
