"""What any process commits, told to whoever follows: a change stream of the inserts into `entries`.

An insert is a new entry, or a page that adds to one (`documents.py`); what is folded later changes nothing of that.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.errors import PyMongoError

from server.core.errors import StoreUnavailable
from server.core.feed import Batch, FeedItem, NewEntry, PositionLost, Repeated, batch_of
from server.core.stored import Repeats, StoredEvent
from server.storage.mongo.connection import Connection
from server.storage.mongo.errors import brief, is_passing, to_tracking_error
from server.storage.mongo.fields import event_of, totals_of
from server.storage.mongo.identity import entry_id_of
from server.storage.mongo.pace import Pace, TooFarBehind
from server.storage.mongo.schema import ENTRIES

logger = logging.getLogger("tracking.mongo")

_INSERTS = [
    {"$match": {"operationType": "insert"}},
    {"$unset": ["fullDocument.event_ids", "ns", "documentKey"]},
]
_WAIT_MILLISECONDS = 1_000
"""How long the database waits for something to tell; then it tells how far it has looked."""
_PAUSE_SECONDS = 0.5
_ITEM_BYTES = 1_000
_POSITION = re.compile(r"[0-9A-Fa-f]{2,}")


class ChangeFeed:
    """Opens change streams; a resume token is the position, and is the same in every process."""

    def __init__(self, connection: Connection) -> None:
        entries = connection.database[ENTRIES]
        raw = entries.codec_options.with_options(document_class=RawBSONDocument)
        self._connection = connection
        self._entries = entries.with_options(codec_options=raw)

    async def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        """See `Feed`."""
        if after is not None and not _POSITION.fullmatch(after):
            raise PositionLost
        position, gap, told = after, False, False
        while True:
            try:
                async with self._opened(position) as stream, aclosing(self._batches(stream, gap=gap)) as batches:
                    async for batch in batches:
                        position, gap, told = batch.position, False, True
                        yield batch
            except StoreUnavailable:
                if not told:
                    raise
            except (TooFarBehind, PyMongoError) as error:
                if not told:
                    raise _failure_of(error, position) from error
                if _leaves_gap(error, is_live=after is None):
                    position, gap = None, True
            await asyncio.sleep(_PAUSE_SECONDS)

    @asynccontextmanager
    async def _opened(self, position: str | None) -> AsyncIterator[Any]:
        """The stream behind a position. Raises StoreUnavailable at once while the deployment is away."""
        self._connection.require()
        stream = self._entries.watch(
            _INSERTS,
            resume_after=None if position is None else {"_data": position},
            max_await_time_ms=_WAIT_MILLISECONDS,
        )
        # Motor's opens itself, with the first read.
        async with await stream if inspect.isawaitable(stream) else stream as opened:
            yield opened

    async def _batches(self, stream: Any, *, gap: bool) -> AsyncGenerator[Batch, None]:
        pace = Pace(self._connection.clock)
        if stream.resume_token is not None:
            yield Batch(_position_in(stream.resume_token), gap=gap)
            gap = False
        while stream.alive:
            pace.begin()
            change = await stream.try_next()
            items = () if change is None else (_item(change),)
            yield batch_of(_position_in(stream.resume_token), items, gap=gap)
            gap = False
            if change is not None:
                await pace.end(change["clusterTime"].time)


def _failure_of(error: Exception, position: str | None) -> Exception:
    """What a stream that could not be opened means."""
    if position is None or (isinstance(error, PyMongoError) and is_passing(error)):
        return to_tracking_error(error)
    return PositionLost()


def _leaves_gap(error: Exception, *, is_live: bool) -> bool:
    """Whether the stream cannot go on where it was, or should not."""
    if isinstance(error, TooFarBehind):
        # Whoever reads what was is behind by intention.
        if is_live:
            logger.warning("More is committed than live tails can follow: they leave out a part.")
        return is_live
    if isinstance(error, PyMongoError) and is_passing(error):
        return False
    logger.warning("Live tails have missed entries: %s", brief(error))
    return True


def _position_in(token: Mapping[str, Any]) -> str:
    return str(token["_data"])


def _item(change: Mapping[str, Any]) -> FeedItem:
    document = change["fullDocument"]
    position, organisation = _position_in(change["_id"]), document["organisation"]
    if "entry" in document:
        return Repeated(position, organisation, entry_id_of(document["entry"]))
    entry_id = entry_id_of(document["_id"])
    size = 2 * len(document.raw) + _ITEM_BYTES
    return NewEntry(position, organisation, entry_id, document.get("window_end"), size, document, _decode)


def _decode(document: Mapping[str, Any]) -> tuple[StoredEvent, Repeats]:
    event = event_of(document)
    return event, totals_of(document, event)
