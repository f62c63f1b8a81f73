"""Sums have what stands in pages beside its entry still."""

import random
from typing import Any

import pytest

from server.core.errors import StoreUnavailable
from server.core.query import make_filter
from server.core.statistics import HistogramQuestion
from server.storage.mongo import commit as committing
from tests.storage.mongo.opening import mongo_store
from tests.support.mongo_databases import Databases
from tests.support.stores import MINUTE, START, Clock, commit, read_all, submission
from tests.support.sums import assert_sums_agree


async def test_what_is_not_folded_yet_counts(mongodb: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(*_: Any) -> None:
        raise StoreUnavailable

    async with mongo_store(mongodb.empty("sums"), Clock()) as store:
        await store.create_organisation("one")
        await commit(store, submission("m", key="k"), submission("other"))
        with monkeypatch.context() as patched:
            patched.setattr(committing, "fold", die)
            with pytest.raises(StoreUnavailable):
                await commit(store, submission("m", key="k"))
        assert sorted(entry.event_count for entry in await read_all(store)) == [1, 2]
        question = HistogramQuestion(make_filter(from_time=START, to_time=START + MINUTE), MINUTE)
        counts, is_complete = await store.count_by_time(1, question)
        assert (sum(counts.values()), is_complete) == (3, True)
        await assert_sums_agree(store, random.Random(0), organisations=[1])
