"""A process that dies, is held up or loses a reply in its work with MongoDB: before an operation or after it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import AutoReconnect

Moment = Literal["before", "after"]

_OPERATIONS = frozenset(
    {
        "bulk_write",
        "delete_one",
        "find_one",
        "find_one_and_update",
        "insert_many",
        "insert_one",
        "update_one",
    }
)


class Died(BaseException):
    """Nothing runs any more behind this."""


class Fate:
    """Lets operations pass until `countdown` of them have; the next one fails, and may yet reach MongoDB."""

    def __init__(self, error: type[BaseException] = Died) -> None:
        self.countdown: int | None = None
        self.moment: Moment = "before"
        self.struck = False
        self._error = error

    async def before(self) -> None:
        """An operation begins."""
        await self._strike("before")

    async def after(self) -> None:
        """Its reply is there."""
        await self._strike("after")
        if self.countdown is not None:
            self.countdown -= 1

    async def happen(self) -> None:
        """It strikes."""
        raise self._error

    async def _strike(self, moment: Moment) -> None:
        if self.countdown == 0 and self.moment == moment:
            self.countdown, self.struck = None, True
            await self.happen()


class Pause(Fate):
    """Holds the operation up while somebody else works; then it goes on, or its reply is lost too."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]], *, loses_reply: bool = False) -> None:
        super().__init__(AutoReconnect)
        self._meanwhile: Callable[[], Awaitable[object]] | None = meanwhile
        self._loses_reply = loses_reply

    async def happen(self) -> None:
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            await meanwhile()
            if self._loses_reply and self.moment == "before":
                self.countdown, self.moment = 0, "after"
                return
        if self._loses_reply:
            await super().happen()


class DyingClient:
    """A client whose databases' operations ask fate first. Pass `connect` on to a `Connection`."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._client: Any = None

    def connect(self, *arguments: Any, **options: Any) -> "DyingClient":
        self._client = AsyncMongoClient(*arguments, **options)
        return self

    def get_default_database(self, name: str) -> "DyingDatabase":
        return DyingDatabase(self._client.get_default_database(name), self._fate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class DyingDatabase:
    def __init__(self, database: Any, fate: Fate) -> None:
        self._database = database
        self._fate = fate

    def __getitem__(self, name: str) -> "DyingCollection":
        return DyingCollection(self._database[name], self._fate)


class DyingCollection:
    def __init__(self, collection: AsyncCollection[Any], fate: Fate) -> None:
        self._collection = collection
        self._fate = fate

    def with_options(self, **options: Any) -> "DyingCollection":
        return DyingCollection(self._collection.with_options(**options), self._fate)

    def find(self, *arguments: Any, **options: Any) -> "DyingCursor":
        return DyingCursor(self._collection.find(*arguments, **options), self._fate)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)
        if name not in _OPERATIONS:
            return method

        async def run(*arguments: Any, **options: Any) -> Any:
            await self._fate.before()
            try:
                return await method(*arguments, **options)
            finally:
                await self._fate.after()

        return run


class DyingCursor:
    """Its first batch is an operation."""

    def __init__(self, cursor: AsyncCursor[Any], fate: Fate) -> None:
        self._cursor = cursor
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        def chained(*arguments: Any, **options: Any) -> "DyingCursor":
            getattr(self._cursor, name)(*arguments, **options)
            return self

        return chained

    async def __aiter__(self) -> AsyncIterator[Any]:
        await self._fate.before()
        found = await self._cursor.to_list()
        await self._fate.after()
        for document in found:
            yield document
