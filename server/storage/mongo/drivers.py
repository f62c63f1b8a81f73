"""The two drivers: PyMongo's own asynchronous client, and Motor, its predecessor, made to look the same."""

from collections.abc import Callable
from typing import Any

from pymongo import AsyncMongoClient

from server.core.errors import Refused


def client_of(driver: str) -> Callable[..., Any]:
    """What connects, by the driver's name. Raises Refused if the driver is not installed."""
    return MotorClient if driver == "motor" else AsyncMongoClient


class MotorClient:
    """Motor has the same methods on everything but its client: closing that is nothing to wait for."""

    def __init__(self, url: str, **options: Any) -> None:
        try:
            from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415
        except ImportError as error:
            raise Refused(
                "TRACKING_MONGODB_DRIVER=motor needs the package motor: pip install 'tracking-log[motor]'", exit_code=2
            ) from error
        self._client = AsyncIOMotorClient(url, **options)

    @property
    def admin(self) -> Any:
        """The database `admin`."""
        return self._client.admin

    def get_default_database(self, name: str) -> Any:
        """The database that the URL names, or the one of this name."""
        return self._client.get_default_database(name)

    async def close(self) -> None:
        """Let go of all connections."""
        self._client.close()
