"""Tails over a feed that the test writes: bounded queues, lost entries, limits, the end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.core.errors import Draining, NotAuthenticated, Overloaded, StoreUnavailable
from server.core.feed import Batch, NewEntry, PositionLost, Repeated, batch_of
from server.core.model import ApiKey, Entry, Level
from server.core.query import EntryFilter, make_filter
from server.core.recent import Recent
from server.core.stored import Repeats, StoredEvent, first_repeats
from server.core.tail import MAX_WAITING_BYTES, MAX_WAITING_MESSAGES, Tail, TailMessage
from server.core.tails import TAILS, TAILS_OF_A_KEY, Tails
from tests.support.waiting import until


def key(name: str = "k", organisation: int = 1) -> ApiKey:
    scopes: Any = frozenset({"read"})
    return ApiKey(id=name, organisation_id=organisation, organisation=f"o{organisation}", kind="server", scopes=scopes)


def item(number: int, *, organisation: int = 1, level: Level = Level.INFO, size: int = 100) -> NewEntry:
    event = StoredEvent(f"{number}", level, number, number, "rest")
    return NewEntry(f"{number:08}", organisation, f"e{number}", None, size, event, _decode)


def _decode(event: StoredEvent) -> tuple[StoredEvent, Repeats]:
    return event, first_repeats(event, 1)


class WrittenFeed:
    """A feed of what the test writes. `away` refuses whoever begins to follow."""

    def __init__(self) -> None:
        self.followers: list[asyncio.Queue[Batch]] = []
        self.away = False
        self.end = f"{0:08}"
        self.past: list[Batch] | None = None

    async def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        if self.away:
            raise StoreUnavailable
        if after is not None:
            if self.past is None:
                raise PositionLost
            for batch in self.past:
                if batch.position > after:
                    yield batch
        queue: asyncio.Queue[Batch] = asyncio.Queue()
        self.followers.append(queue)
        try:
            yield Batch(self.end)
            while True:
                yield await queue.get()
        finally:
            self.followers.remove(queue)

    def write(self, *items: NewEntry | Repeated, gap: bool = False) -> None:
        self.end = items[-1].position if items else self.end
        for queue in self.followers:
            queue.put_nowait(batch_of(self.end, items, gap=gap))


@pytest.fixture
def feed() -> WrittenFeed:
    return WrittenFeed()


@pytest.fixture
async def tails(feed: WrittenFeed) -> AsyncIterator[Tails]:
    async def read_entry(_organisation_id: int, _entry_id: str) -> Entry | None:
        return None

    tails = Tails(feed.follow, read_entry, asyncio.get_running_loop().create_future())
    yield tails
    await tails.close()


async def allowed() -> None:
    """The key is as good as before."""


@asynccontextmanager
async def opened(
    tails: Tails, filters: EntryFilter | None = None, *, after: str | None = None, caller: ApiKey | None = None
) -> AsyncIterator[AsyncGenerator[list[TailMessage], None]]:
    async with tails.open(caller or key(), filters or EntryFilter(), after=after, check=allowed) as messages:
        yield messages


async def told(messages: AsyncGenerator[list[TailMessage], None], number: int) -> list[str | int | None]:
    """The next messages: what entries say, how many are lost."""
    found: list[str | int | None] = []
    async with asyncio.timeout(5):
        while len(found) < number:
            found += [
                message.entry.message if message.entry else message.lost
                for message in await anext(messages)
                if message.kind != "heartbeat"
            ]
    return found


def test_a_full_queue_counts_what_it_cannot_take_where_it_would_have_been() -> None:
    lost: list[int] = []
    tail = Tail(key(), EntryFilter(), "", on_lost=lost.append)
    for number in range(MAX_WAITING_MESSAGES + 7):
        tail.offer(item(number))
    assert sum(lost) == 7
    read = asyncio.run(_read_all(tail))
    assert [message.position for message in read[:-1]] == [f"{number:08}" for number in range(MAX_WAITING_MESSAGES)]
    assert read[-1] == TailMessage("lost", f"{MAX_WAITING_MESSAGES + 6:08}", None, 7)


def test_a_queue_is_full_by_its_bytes_too_but_takes_one_of_any_size() -> None:
    tail = Tail(key(), EntryFilter(), "")
    for number, size in enumerate((2 * MAX_WAITING_BYTES, 1, 1)):
        tail.offer(item(number, size=size))
    read = asyncio.run(_read_all(tail))
    assert [(message.kind, message.lost) for message in read] == [("entry", None), ("lost", 2)]


def test_nothing_that_was_passed_is_told_again() -> None:
    tail = Tail(key(), EntryFilter(), f"{5:08}")
    for number in range(8):
        tail.offer(item(number))
    assert [message.position for message in asyncio.run(_read_all(tail))] == [f"{6:08}", f"{7:08}"]


async def _read_all(tail: Tail) -> list[TailMessage]:
    read: list[TailMessage] = []
    while not tail.is_empty:
        read += await tail.read(timeout_seconds=0)
    return read


async def test_entries_go_to_their_organisation_and_by_the_filter(feed: WrittenFeed, tails: Tails) -> None:
    errors = make_filter(levels=[Level.ERROR])
    async with opened(tails) as everything, opened(tails, errors) as some, opened(tails, caller=key("f", 2)) as foreign:
        feed.write(item(1), item(2, level=Level.ERROR), item(3, organisation=2), item(4))
        assert await told(everything, 3) == ["1", "2", "4"]
        assert await told(some, 1) == ["2"]
        assert await told(foreign, 1) == ["3"]
        assert len(feed.followers) == 1


async def test_a_gap_is_told_to_everybody(feed: WrittenFeed, tails: Tails) -> None:
    async with opened(tails) as messages:
        feed.write(item(1))
        feed.write(item(9), gap=True)
        assert await told(messages, 3) == ["1", None, "9"]
    async with opened(tails, after=f"{1:08}") as messages:
        assert await told(messages, 1) == [None]


async def test_who_comes_back_reads_on_in_memory_and_then_from_the_store(feed: WrittenFeed, tails: Tails) -> None:
    feed.past = [batch_of(f"{number:08}", [item(number)]) for number in range(1, 6)]
    feed.end = f"{5:08}"
    async with opened(tails):
        feed.write(item(6))
        feed.write(item(7), item(8))
        async with opened(tails, after=f"{7:08}") as messages:
            assert await told(messages, 1) == ["8"]
        async with opened(tails, after=f"{2:08}") as messages:
            assert await told(messages, 3) == ["3", "4", "5"]


async def test_the_feed_is_followed_a_while_longer_for_those_who_come_back(feed: WrittenFeed, tails: Tails) -> None:
    async with opened(tails):
        pass
    feed.write(item(1))
    async with opened(tails, after=f"{0:08}") as messages:
        assert await told(messages, 1) == ["1"]
    tails.hub.linger_seconds = 0.0
    async with opened(tails):
        pass
    await until(lambda: not feed.followers)
    async with opened(tails) as messages:
        feed.write(item(2))
        assert await told(messages, 1) == ["2"]


async def test_tails_are_limited_for_a_key_and_altogether(tails: Tails) -> None:
    many = [key(f"k{number}") for number in range(TAILS // TAILS_OF_A_KEY) for _ in range(TAILS_OF_A_KEY)]
    opening = [opened(tails, caller=each) for each in many]
    for each in opening:
        await each.__aenter__()
    for caller in (many[0], key("another")):
        with pytest.raises(Overloaded):
            async with opened(tails, caller=caller):
                pass
    assert tails.count == TAILS
    for each in opening:
        await each.__aexit__(None, None, None)
    assert tails.count == 0


async def test_a_store_that_is_away_at_the_start_is_told_and_the_next_one_tries_again(
    feed: WrittenFeed, tails: Tails
) -> None:
    feed.away = True
    with pytest.raises(StoreUnavailable):
        async with opened(tails):
            pass
    feed.away = False
    async with opened(tails) as messages:
        feed.write(item(1))
        assert await told(messages, 1) == ["1"]


async def test_a_feed_that_breaks_ends_its_tails(tails: Tails, feed: WrittenFeed) -> None:
    async with opened(tails) as messages:
        feed.write(NewEntry("1", 1, "e", None, 1, None, _broken))
        with pytest.raises(ValueError, match="broken"):
            await told(messages, 1)


def _broken(_content: object) -> tuple[StoredEvent, Repeats]:
    raise ValueError("broken")


async def test_draining_ends_every_tail_behind_what_waits(feed: WrittenFeed) -> None:
    async def read_entry(_organisation_id: int, _entry_id: str) -> Entry | None:
        return None

    draining: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    tails = Tails(feed.follow, read_entry, draining)
    async with opened(tails) as messages:
        await anext(messages)
        feed.write(item(1))
        await until(lambda: tails.hub.position == f"{1:08}")
        draining.set_result(None)
        assert await told(messages, 1) == ["1"]
        with pytest.raises(Draining):
            await anext(messages)
    with pytest.raises(Draining):
        async with opened(tails):
            pass
    await tails.close()


async def test_a_caller_is_asked_about_also_while_entries_come(feed: WrittenFeed, tails: Tails) -> None:
    async def revoked() -> None:
        raise NotAuthenticated

    tails.heartbeat_seconds = 0.0
    async with tails.open(key(), EntryFilter(), after=None, check=revoked) as messages:
        await anext(messages)
        feed.write(item(1))
        with pytest.raises(NotAuthenticated):
            await anext(messages)


async def test_a_store_that_cannot_say_does_not_end_a_tail(tails: Tails) -> None:
    async def away() -> None:
        raise StoreUnavailable

    tails.heartbeat_seconds = 0.0
    async with tails.open(key(), EntryFilter(), after=None, check=away) as messages:
        for _ in range(3):
            assert (await anext(messages))[0].kind == "heartbeat"


def test_what_is_recent_is_bounded_and_leads_on_from_every_place_in_it() -> None:
    recent = Recent(f"{0:08}", capacity=1_000)
    for number in range(1, 101):
        recent.add(batch_of(f"{number:08}", [item(number)]))
    kept = [number for number in range(101) if recent.behind(f"{number:08}") is not None]
    assert kept == list(range(kept[0], 101))
    assert 2 <= len(kept) <= 6
    for number in kept[:-1]:
        batch = recent.behind(f"{number:08}")
        assert batch is not None
        assert [each.position for each in batch.items] == [f"{number + 1:08}"]
    assert recent.behind(f"{100:08}") == Batch(f"{100:08}")
    assert recent.behind(f"{101:08}") is None
