"""Keys: none twice, none lost, found quickly even behind a crowd."""

from pathlib import Path
from time import monotonic

import apsw
from hypothesis import given
from hypothesis import strategies as st

from server.storage.sqlite.codec import entry_id_of, key_of
from server.storage.sqlite.keyspace import Keyspace, first_key
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import Clock, commit, submission

CROWD = 52_000


@given(st.lists(st.lists(st.integers(-3, 3), max_size=900), max_size=8), st.data())
def test_keys_are_given_once_in_order_at_or_after_their_millisecond(
    batches: list[list[int]], data: st.DataObject
) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE entries (key INTEGER PRIMARY KEY); CREATE TABLE facts (name PRIMARY KEY, value)")
    keyspace = Keyspace(connection)
    last: dict[int, int] = {}
    for batch in batches:
        if data.draw(st.booleans(), label="restart"):
            spill, keyspace = keyspace.largest_spill, Keyspace(connection)
            keyspace.largest_spill = spill
        keyspace.begin(batch)
        keys = [keyspace.take(at) for at in batch]
        for at, key in zip(batch, keys, strict=True):
            assert first_key(at) <= key < first_key(at + keyspace.largest_spill + 1)
        if data.draw(st.booleans(), label="commit"):
            for at, key in zip(batch, keys, strict=True):
                assert key > last.get(at, key - 1)
                last[at] = key
            connection.executemany("INSERT INTO entries VALUES (?)", [(key,) for key in keys])


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_the_name_of_a_key_sorts_as_the_key_does_and_leads_back_to_it(key: int, other: int) -> None:
    assert key_of(entry_id_of(key)) == key
    assert len(entry_id_of(key)) == 16
    assert (entry_id_of(key) < entry_id_of(other)) == (key < other)


async def test_the_first_event_of_a_crowded_instant_after_a_restart_is_no_slower(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    for begin in range(0, CROWD, 4000):
        await commit(store, *(submission(f"{n}", at=0) for n in range(begin, begin + 4000)))
    await store.close()
    reopened = SqliteStore(path, clock=clock)
    begun = monotonic()
    [receipt] = await commit(reopened, submission(at=0))
    # One statement; a look at each of the full milliseconds would take minutes.
    assert monotonic() - begun < 10
    assert key_of(receipt.entry_id) == CROWD
    await reopened.close()
