"""What the store finds is what plain Python finds, before, while and after entries are indexed."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.core.model import Entry, Submission
from server.core.query import EntryFilter, matches
from server.storage.sqlite.index import indexer
from server.storage.sqlite.index.indexer import Indexer, Step
from server.storage.sqlite.store import SqliteStore
from tests.support.searching import ENTRIES, FILTERS
from tests.support.stores import HOUR, START, Clock, commit, read_all, submission

_MIDDLE = 1_000
_SPREAD = 5 * HOUR
"""A nanosecond of the strategies becomes so much, so that their entries lie in several slices."""


def spread(time: int) -> int:
    """A time of the strategies as the store's entries have it."""
    return START + (time - _MIDDLE) * _SPREAD


def spread_filter(filters: EntryFilter) -> EntryFilter:
    """A filter of the strategies for such times."""
    times = {name: spread(time) for name in ("from_time", "to_time") if (time := getattr(filters, name)) is not None}
    return msgspec.structs.replace(filters, **times)


def submitted(entry: Entry) -> Submission:
    """The event that an entry comes of; its group is what it is made of."""
    return submission(
        entry.message,
        level=entry.level,
        at=spread(entry.event_time),
        key=entry.debounce_key,
        service=entry.service,
        component=entry.component,
        code=entry.code,
        environment=entry.environment,
        trace_id=entry.trace_id,
        attributes=entry.attributes,
        record=entry.record,
    )


class Database:
    """A store and its indexer."""

    def __init__(self, folder: Path) -> None:
        self.store = SqliteStore(folder / "tracking.db", clock=Clock())
        self.indexer = Indexer(folder / "tracking.db")

    async def check(self, filters: Sequence[EntryFilter], page_size: int) -> None:
        """Compare the answers to all filters."""
        everything = await read_all(self.store)
        for one in filters:
            found = await read_all(self.store, one, page_size=page_size)
            assert found == [entry for entry in everything if matches(one, entry)], one

    async def close(self) -> None:
        self.indexer.close()
        await self.store.close()


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The indexer takes few entries at once."""
    monkeypatch.setattr(indexer, "BATCH_CHANGES", 4)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Each example makes files: to shrink one takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    entries=st.lists(ENTRIES, min_size=1, max_size=24),
    filters=st.lists(FILTERS.map(spread_filter), min_size=9, max_size=9),
    cuts=st.lists(st.integers(0, 24), min_size=2, max_size=2).map(sorted),
    page_size=st.integers(1, 8),
)
@pytest.mark.usefixtures("small_steps")
def test_a_search_finds_what_python_finds(
    entries: list[Entry], filters: list[EntryFilter], cuts: list[int], page_size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), list(map(submitted, entries)), filters, cuts, page_size))


async def _compare(
    folder: Path, events: list[Submission], filters: list[EntryFilter], cuts: list[int], page_size: int
) -> None:
    """Some entries are there before the index is begun, some come while it is built, some are never indexed."""
    database = Database(folder)
    try:
        await database.store.create_organisation("one")
        first, second, third = _parts(events, cuts)
        await commit(database.store, *first)
        await database.check(filters[:3], page_size)
        database.indexer.step()
        database.indexer.step()
        await commit(database.store, *second)
        await database.check(filters[3:5], page_size)
        while database.indexer.step() is not Step.NOTHING:
            await database.store.maintain()
        await database.check(filters[5:7], page_size)
        await commit(database.store, *third)
        await database.check(filters[7:], page_size)
    finally:
        await database.close()


def _parts(events: list[Submission], cuts: list[int]) -> Iterator[list[Submission]]:
    yield events[: cuts[0]]
    yield events[cuts[0] : cuts[1]]
    yield events[cuts[1] :]
