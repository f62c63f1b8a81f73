"""Every commit says what is new, so that an indexer can follow: each entry once, each repeat once."""

from itertools import accumulate
from pathlib import Path
from typing import Any

import apsw
import msgspec

from server.storage.sqlite.codec import entry_id_of
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import START, commit, read_all, submission


def changes(path: Path) -> list[tuple[list[int], list[tuple[int, int]]]]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        rows: list[Any] = connection.execute("SELECT changes FROM pending ORDER BY id").fetchall()
    finally:
        connection.close()
    decoded = [msgspec.msgpack.decode(row[0], type=tuple[list[int], list[tuple[int, int]]]) for row in rows]
    return [(list(accumulate(differences)), repeats) for differences, repeats in decoded]


async def test_new_entries_and_repeats_are_told_commit_by_commit(store: SqliteStore, path: Path) -> None:
    old, new, opener = await commit(store, submission(at=-5), submission(), submission(key="k"))
    await commit(store, submission(key="k", event_count=4), submission(key="k"))
    await commit(store, submission(event_id="a"), submission(event_id="a"))
    await commit(store, submission(event_id="a"))
    first, second, third = changes(path)
    assert [entry_id_of(key) for key in first[0]] == [old.entry_id, new.entry_id, opener.entry_id]
    assert [(entry_id_of(key), added) for key, added in second[1]] == [(opener.entry_id, 5)]
    assert (first[1], second[0], third[1]) == ([], [], [])
    assert len(third[0]) == 1


async def test_what_is_pending_adds_up_to_what_is_stored(store: SqliteStore, path: Path) -> None:
    for number in range(30):
        await commit(
            store,
            *(
                submission(f"{n}", at=START + n * 10**7 * (-1) ** n, key=f"{n % 7}" if n % 3 else None)
                for n in range(number * 10)
            ),
        )
    told = dict.fromkeys((entry_id_of(key) for keys, _ in changes(path) for key in keys), 1)
    for _, repeats in changes(path):
        for key, added in repeats:
            told[entry_id_of(key)] += added
    assert told == {entry.id: entry.event_count for entry in await read_all(store)}
