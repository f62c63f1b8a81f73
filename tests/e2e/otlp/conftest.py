"""The service as a process, whose OTLP doors stay where they are over its restarts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.fixtures import pytest_asyncio_loop_factories
from tests.support.otlp_service import otlp_service
from tests.support.service import Service

__all__ = ["pytest_asyncio_loop_factories"]


@pytest_asyncio.fixture(loop_scope="session")
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service of this test, over a file."""
    async with otlp_service(tmp_path) as running:
        yield running
