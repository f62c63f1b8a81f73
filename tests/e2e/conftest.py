"""The service as a process, talked to over its sockets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.fixtures import pytest_asyncio_loop_factories
from tests.support.service import Service, serving

__all__ = ["pytest_asyncio_loop_factories"]


@pytest_asyncio.fixture(loop_scope="session")
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service of this test, with the settings that users get."""
    async with serving(tmp_path) as running:
        yield running
