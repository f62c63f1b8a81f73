"""The connection to the deployment: opened once, checked once it answers, and not asked while it is away."""

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pymongo
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, ExecutionTimeout, PyMongoError

from server.core.errors import Refused, StoreUnavailable
from server.storage.mongo.clock import DatabaseClock
from server.storage.mongo.errors import brief, is_passing, is_refused, translated_errors
from server.storage.mongo.schema import COUNTERS, DEFAULT_DATABASE, ensure_indexes

logger = logging.getLogger("tracking.mongo")

OPERATION_SECONDS = 4.0
"""What an operation may take, all its retries included: less than a request's deadline for its commit."""
_SELECTION_MILLISECONDS = 3_000
_GREETING_SECONDS = 3.0
_PAUSE_SECONDS = 0.5
"""Between two greetings of a deployment that is away."""
_REFRESH_SECONDS = 10.0
_OLDEST_VERSION = (5, 0)
_AWAY = "MongoDB does not answer. Send again in a moment; the server's log says more."


class Connection:
    """One client, behind a breaker: while the deployment is away, everybody is told so at once.

    Raises Refused for a URL that cannot be one.

    `connected` is set while it answers. Whatever the URL says, a write is acknowledged by a journaled majority.
    """

    def __init__(self, url: str, *, connect: Callable[..., Any] = AsyncMongoClient) -> None:
        self._client = _client(url, connect)
        self.database = self._client.get_default_database(DEFAULT_DATABASE)
        self.clock = DatabaseClock()
        self._reason: str | None = "MongoDB has not answered yet."
        self._watch: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()

    async def open(self) -> None:
        """Connect. Raises Refused for what an operator must mend; a deployment that is away is waited for."""
        try:
            await self._greet()
        except PyMongoError as error:
            if is_refused(error):
                raise Refused(f"MongoDB refuses: {brief(error)}") from error
            self._lose(error)
        self._watch = asyncio.create_task(self._keep_watch())

    async def close(self) -> None:
        """Let go."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._client.close()

    async def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something with the database. Raises StoreUnavailable, at once while the deployment is away."""
        self.require()
        with translated_errors():
            try:
                return await work()
            except StoreUnavailable as error:
                # What only other writers were in the way of says nothing about the deployment.
                if isinstance(error.__cause__, PyMongoError):
                    self._lose(error)
                raise
            except PyMongoError as error:
                # A query that takes too long says nothing about the deployment.
                if is_passing(error) and not isinstance(error, ExecutionTimeout):
                    self._lose(error)
                raise

    def require(self) -> None:
        """Return if the deployment answered last time; raise StoreUnavailable while it is away."""
        if self._reason is not None:
            raise StoreUnavailable(self._reason)

    async def probe(self) -> None:
        """Return if the deployment takes a durable write now."""
        await self.database[COUNTERS].update_one({"_id": "probe"}, {"$inc": {"value": 1}}, upsert=True)

    def _lose(self, error: Exception) -> None:
        if self._reason is None:
            logger.warning("MongoDB is away: %s", brief(error))
        self._reason = _AWAY
        self._lost.set()

    async def _keep_watch(self) -> None:
        while True:
            if self._reason is None:
                # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_REFRESH_SECONDS):
                        await self._lost.wait()
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
            self._lost.clear()
            await self._try_to_greet()

    async def _try_to_greet(self) -> None:
        try:
            await self._greet()
        except PyMongoError as error:
            self._lose(error)
        except Refused as error:
            self._lose(StoreUnavailable(error.description))
        except Exception:
            # Whatever it was: a watch that has ended would never see the deployment again.
            logger.exception("MongoDB could not be greeted.")

    async def _greet(self) -> None:
        """The deployment answers and is what we need: from now on it is asked."""
        with pymongo.timeout(_GREETING_SECONDS):
            hello = await self.clock.refresh(lambda: self._client.admin.command("hello"))
            if self._reason is not None:
                check_deployment(hello, await self._client.admin.command("buildInfo"))
                await ensure_indexes(self.database)
                # Only a majority takes it.
                await self.probe()
        if self._reason is not None:
            logger.info("MongoDB answers.")
        self._reason = None


def _client(url: str, connect: Callable[..., Any]) -> Any:
    try:
        with warnings.catch_warnings():
            # An option that the driver does not know is a warning to it, and a mistake to us.
            warnings.simplefilter("error", UserWarning)
            return connect(
                url,
                w="majority",
                journal=True,
                readConcernLevel="majority",
                readPreference="primary",
                retryWrites=True,
                retryReads=True,
                tz_aware=True,
                timeoutMS=round(OPERATION_SECONDS * 1000),
                serverSelectionTimeoutMS=_SELECTION_MILLISECONDS,
                appname="tracking",
            )
    except (ConfigurationError, ValueError, TypeError, UserWarning) as error:
        reason = f"TRACKING_DATABASE_URL is no address of a MongoDB: {brief(error)}"
        raise Refused(reason, exit_code=2) from error


def check_deployment(hello: dict[str, Any], build_info: dict[str, Any]) -> None:
    """Return if the deployment can keep our promises. Raises Refused."""
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise Refused(
            "MongoDB runs as a standalone server; it must be a replica set (one member is enough:"
            " start mongod with --replSet and run rs.initiate() once)"
        )
    version = tuple(build_info["versionArray"][:2])
    if version < _OLDEST_VERSION:
        raise Refused(f"MongoDB {build_info['version']} is too old; 5.0 or newer is needed")
