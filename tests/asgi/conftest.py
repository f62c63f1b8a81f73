"""`server.asgi:app` as users run it: under a server of their choice, in a process of its own."""

from tests.support.fixtures import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
