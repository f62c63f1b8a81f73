"""A store tells whoever follows what it commits, in order, nothing twice and nothing left out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from server.core.feed import Batch, FeedItem, NewEntry, PositionLost, Repeated
from server.core.ports import Store
from tests.support.stores import commit, read_entry, submission

_SECONDS = 10.0


class Follower:
    """One run of following."""

    def __init__(self, batches: AsyncGenerator[Batch, None]) -> None:
        self._batches = batches
        self._items: list[FeedItem] = []
        self.position = ""

    async def next(self) -> FeedItem:
        async with asyncio.timeout(_SECONDS):
            while not self._items:
                await self.batch()
        return self._items.pop(0)

    async def batch(self) -> None:
        batch = await anext(self._batches)
        assert not batch.gap
        assert batch.position >= self.position
        items = list(batch.items)
        places = [self.position, *(item.position for item in items), batch.position]
        assert places == sorted(places)
        self.position = batch.position
        self._items += items

    async def messages(self, number: int) -> list[str]:
        items = [await self.next() for _ in range(number)]
        return [item.event.message for item in items if isinstance(item, NewEntry)]


@asynccontextmanager
async def following(store: Store[Any], after: str | None = None) -> AsyncIterator[Follower]:
    async with aclosing(store.follow(after)) as batches:
        follower = Follower(batches)
        await follower.batch()
        yield follower


async def test_new_entries_are_told_as_they_are_read(store: Store[Any]) -> None:
    async with following(store) as follower:
        [plain] = await commit(store, submission("plain", attributes=b'{"a":1}', service="s"))
        [opener] = await commit(store, submission("opener", organisation=2, key="k", event_count=3, event_id="e"))
        for organisation, name, receipt in ((1, "one", plain), (2, "two", opener)):
            item = await follower.next()
            assert isinstance(item, NewEntry)
            assert item.organisation_id == organisation
            assert item.entry(name) == await read_entry(store, receipt.entry_id, organisation)


async def test_repeats_are_told_by_their_entry_and_duplicates_are_not(store: Store[Any]) -> None:
    async with following(store) as follower:
        [first] = await commit(store, submission("first", key="k", event_id="1"))
        await commit(store, submission("first", key="k", event_id="1"))
        await commit(store, submission("again", key="k", event_id="2"), submission("again", key="k", event_id="3"))
        await commit(store, submission("last"))
        opener, repeated, last = [await follower.next() for _ in range(3)]
        assert isinstance(opener, NewEntry)
        assert isinstance(repeated, Repeated)
        assert isinstance(last, NewEntry)
        assert opener.entry_id == repeated.entry_id == first.entry_id
        assert repeated.organisation_id == 1


async def test_only_what_is_committed_from_now_on_is_told(store: Store[Any]) -> None:
    await commit(store, submission("before"))
    async with following(store) as follower:
        await commit(store, submission("behind"))
        assert await follower.messages(1) == ["behind"]


async def test_a_large_commit_is_told_whole(store: Store[Any]) -> None:
    sent = [f"{number:04}" for number in range(1_000)]
    async with following(store) as follower:
        await commit(store, *(submission(message, at=int(message) * 10**6) for message in sent))
        assert sorted(await follower.messages(len(sent))) == sent


async def test_several_may_follow(store: Store[Any]) -> None:
    async with following(store) as one, following(store) as other:
        await commit(store, submission("m"))
        assert await one.messages(1) == await other.messages(1) == ["m"]
    async with following(store) as one:
        await commit(store, submission("n"))
        assert await one.messages(1) == ["n"]


async def test_a_position_of_nobody_is_lost(store: Store[Any]) -> None:
    for position in ("", "x", "82" * 20, "0" * 28):
        with pytest.raises(PositionLost):
            async with following(store, position):
                pass
