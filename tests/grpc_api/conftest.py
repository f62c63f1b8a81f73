"""What is gRPC's own."""

from tests.support.fixtures import client, pytest_asyncio_loop_factories, service

__all__ = ["client", "pytest_asyncio_loop_factories", "service"]
