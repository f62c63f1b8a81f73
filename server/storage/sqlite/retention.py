"""How retention walks through the file and takes away what is over: see `Expiry`."""

from collections.abc import Callable, Sequence
from time import time_ns

import apsw

from server.core.retention import Age, Periods, Survey
from server.storage.sqlite import deleting
from server.storage.sqlite.survey import survey
from server.storage.sqlite.threads import ReadThreads, WriteThread


class Retention:
    """A part of `SqliteDirectory`, over its threads."""

    _writer: WriteThread
    _surveys: ReadThreads
    _clock: Callable[[], int] = staticmethod(time_ns)

    async def survey(
        self,
        after: bytes | None,
        until: bytes | None,
        most: int,
        *,
        periods: Periods,
        now: int,
        organisation_id: int | None = None,
    ) -> Survey:
        """See `Expiry`."""
        return await self._surveys.run(
            lambda connection: survey(
                connection, (after, until), most, periods=periods, now=now, organisation_id=organisation_id
            )
        )

    async def delete_expired(self, expired: Sequence[Age], *, periods: Periods, now: int) -> int:
        """See `Expiry`."""
        return await self._delete(
            lambda connection: deleting.delete_expired(
                connection, expired, periods=periods, now=now, clock=self._clock()
            )
        )

    async def delete_oldest(self, limit_bytes: int) -> int:
        """See `Expiry`."""
        return await self._delete(lambda connection: deleting.delete_oldest(connection, limit_bytes))

    async def may_purge(self) -> bool:
        """See `Expiry`: the server's own purge has the file alone."""
        return True

    async def _delete(self, work: Callable[[apsw.Connection], deleting.Deleted]) -> int:
        return (await self._writer.run(work)).entries
