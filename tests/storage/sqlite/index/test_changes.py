"""Whatever happened before the indexer came: what it tells adds up to what is there."""

from contextlib import closing
from itertools import pairwise
from pathlib import Path

import apsw
from hypothesis import given
from hypothesis import strategies as st

from server.storage.sqlite.index.changes import Merger, Skipped
from server.storage.sqlite.index.log import Row
from server.storage.sqlite.pending import DeletedEntry, decode_changes, encode_changes

KEYS = st.integers(0, 4)
ACTIONS = st.lists(st.tuples(st.sampled_from(["add", "repeat", "delete"]), KEYS, st.integers(1, 5)), max_size=30)


class History:
    """A log of few keys, each used again and again; `counts` is what is there in the end."""

    def __init__(self, actions: list[tuple[str, int, int]]) -> None:
        self.rows: list[Row] = []
        self.counts: dict[int, int] = {}
        for action, key, count in actions:
            self._act(action, key, count)

    def _act(self, action: str, key: int, count: int) -> None:
        if action == "add" and key not in self.counts:
            self.counts[key] = 1
            self._tell(encode_changes([key], []))
        elif action == "repeat" and key in self.counts:
            self.counts[key] += count
            self._tell(encode_changes([], [(key, count)]))
        elif action == "delete" and key in self.counts:
            self._tell(encode_changes([], [], [DeletedEntry(key, 1, self.counts.pop(key), b"")]))

    def _tell(self, changes: bytes) -> None:
        self.rows.append(Row(len(self.rows) + 1, decode_changes(changes), 0))


@given(ACTIONS, st.lists(st.integers(0, 30), max_size=4).map(sorted), st.lists(st.booleans(), min_size=5, max_size=5))
def test_what_is_told_adds_up_to_what_is_there(
    actions: list[tuple[str, int, int]], cuts: list[int], reads_late: list[bool]
) -> None:
    """The indexer reads some pieces of rows while later ones are there, others before those are written."""
    history = History(actions)
    told: dict[int, int] = {}
    skipped: Skipped = {}
    bounds = [0, *(cut for cut in cuts if cut < len(history.rows)), len(history.rows)]
    for place, (begin, end) in enumerate(pairwise(bounds)):
        visible = history.rows if reads_late[place % 5] else history.rows[:end]
        merger = Merger([row for row in visible[begin:] if row.changes.deleted], skipped, built_from=-1)
        merger.merge(history.rows[begin:end])
        for entry in merger.deleted:
            assert told.pop(entry.key) == entry.event_count
        for key in merger.added:
            assert key not in told
            told[key] = 1
        for key, count in merger.repeated.items():
            told[key] += count
    assert told == history.counts
    assert skipped == {}


def test_old_rows_are_read_still(tmp_path: Path) -> None:
    with closing(apsw.Connection(str(tmp_path / "x"))) as connection:
        plain, deleting = encode_changes([5, 7], [(5, 2)]), encode_changes([], [], [DeletedEntry(5, 1, 3, b"d")])
        marks = connection.execute(
            "SELECT substr(?, 1, 1) = x'93', substr(?, 1, 1) = x'93'", (plain, deleting)
        ).fetchall()
    assert marks == [(0, 1)]
    assert decode_changes(plain).keys == [5, 7]
    assert decode_changes(b"\x92\x92\x05\x02\x91\x92\x05\x02") == decode_changes(plain)
    assert decode_changes(deleting).deleted == [DeletedEntry(5, 1, 3, b"d")]
