"""What the receiver's tests share."""

from tests.support.fixtures import client, clock, pytest_asyncio_loop_factories, service

__all__ = ["client", "clock", "pytest_asyncio_loop_factories", "service"]
