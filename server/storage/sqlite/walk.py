"""Ways through the log, from the newest entry on: by a scan, or by the index where the filter has terms.

Either way goes in steps, so that a long search can stop at any time and say where it goes on; and an entry that was
committed is never missed, for what the index does not have yet is read beside it.
"""

from bisect import bisect_left
from collections.abc import Generator, Iterator
from itertools import chain
from typing import Any, NamedTuple

import apsw
import msgspec

from server.core.query import EntryFilter
from server.core.query.plan import plan_of
from server.core.stored import StoredEvent
from server.storage.sqlite.codec import decode_event
from server.storage.sqlite.index.slices import Slice
from server.storage.sqlite.index.view import IndexReader, IndexUnusable, IndexView
from server.storage.sqlite.keyspace import scan_end
from server.storage.sqlite.pending import decode_changes
from server.storage.sqlite.statements import Row, as_list, read_value

COLUMNS = """
    e.key, e.event_count, e.window_end, e.data,
    r.event_count, r.first_event_time, r.last_event_time, r.last_receive_time, r.requested
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
"""
"""What `entry_of` is made of, but for the samples."""

_FIRST_SCAN, _LARGEST_SCAN = 256, 8192
_FIRST_KEYS, _LARGEST_KEYS = 64, 2048
_TAIL = "SELECT json_group_array(hex(changes)) FROM (SELECT changes FROM pending WHERE id > ?)"
_decode_texts = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.msgpack.Encoder().encode

Found = tuple[Row, StoredEvent]


class Step(NamedTuple):
    """Entries that may match, the newest first, and the key from which on the log was looked at with them."""

    found: Iterator[Found]
    reached: int


class Walk:
    """One search: entries of an organisation with keys from `lowest` to before `before`.

    The connection has to be in a transaction: the log is looked at before the index, so that an entry which the one
    does not tell of as new is in the other.
    """

    def __init__(
        self, connection: apsw.Connection, organisation: int, filters: EntryFilter, *, lowest: int, before: int
    ) -> None:
        self._connection = connection
        self._organisation = organisation
        self._condition, self._parameters = _condition(filters)
        self._plan = plan_of(filters)
        self._lowest = lowest
        self._before = before
        self._scan_size = _FIRST_SCAN
        self._tail: list[int] = []

    def steps(self, index: IndexReader, page_size: int) -> Generator[Step, None, None]:
        """All steps. The first ones look at about as many entries as a page has."""
        self._scan_size = max(_FIRST_SCAN, page_size + 1)
        if not self._plan.is_scan:
            # Terms that most entries have need no more than this, and a short range either.
            first = self._scan_step(self._lowest, page_size + 1)
            if first is None:
                return
            yield first
            try:
                with index.view() as view:
                    yield from self._indexed(view, max(_FIRST_KEYS, page_size + 1))
            except IndexUnusable:
                # It is made anew; until then, and for the rest of this search, the log is all there is.
                pass
        yield from self._scan(self._lowest)

    def _scan(self, lowest: int) -> Iterator[Step]:
        while (step := self._scan_step(lowest, self._scan_size)) is not None:
            self._scan_size = min(2 * self._scan_size, _LARGEST_SCAN)
            yield step

    def _scan_step(self, lowest: int, most: int) -> Step | None:
        end = scan_end(self._connection, lowest, self._before, most)
        if end is None:
            self._before = min(self._before, lowest)
            return None
        found = self._read("e.key >= ? AND e.key < ?", (end, self._before))
        self._before = end
        return Step(found, end)

    def _indexed(self, view: IndexView, most: int) -> Iterator[Step]:
        """Steps down to where the index begins."""
        floor = max(self._lowest, view.position.built_from)
        self._tail = self._read_tail(view.position.watermark)
        for place in view.slices(floor, self._before):
            bottom = max(floor, place.first_key)
            expression = view.expression(self._plan, self._organisation, place)
            if expression is None:
                yield from self._scan(bottom)
            else:
                yield from self._candidates(view, place, expression, bottom, most)
        # What the tail has before all slices.
        yield from self._fetch([], floor)

    def _candidates(self, view: IndexView, place: Slice, expression: str, bottom: int, most: int) -> Iterator[Step]:
        while self._before > bottom:
            keys = view.keys(place, expression, bottom, min(self._before, place.end_key), most)
            yield from self._fetch(keys, keys[-1] if len(keys) == most else bottom)
            most = min(2 * most, _LARGEST_KEYS)

    def _fetch(self, keys: list[int], reached: int) -> Iterator[Step]:
        """Steps down to `reached` through the entries of these keys, and through those of the tail on the way."""
        if reached >= self._before:
            return
        first, behind = bisect_left(self._tail, reached), bisect_left(self._tail, self._before)
        wanted = sorted({*keys, *self._tail[first:behind]}, reverse=True)
        for begin in range(0, max(len(wanted), 1), _LARGEST_KEYS):
            some = wanted[begin : begin + _LARGEST_KEYS]
            self._before = reached if begin + _LARGEST_KEYS >= len(wanted) else some[-1]
            found = self._read("e.key IN (SELECT value FROM json_each(?))", (as_list(some),)) if some else iter(())
            yield Step(found, self._before)

    def _read_tail(self, watermark: int) -> list[int]:
        """The keys of entries that the index does not have, in order."""
        rows = _decode_texts(read_value(self._connection, _TAIL, (watermark,)))
        return sorted(chain.from_iterable(decode_changes(bytes.fromhex(row)).keys for row in rows))

    def _read(self, keys: str, values: Row) -> Iterator[Found]:
        rows = self._connection.execute(
            f"SELECT {COLUMNS} WHERE {keys} AND e.organisation = ?{self._condition} ORDER BY e.key DESC",
            (*values, self._organisation, *self._parameters),
        )
        return ((row, decode_event(row[3])) for row in rows)


def _condition(filters: EntryFilter) -> tuple[str, list[Any]]:
    """What SQLite can check by itself, a row's bytes among it: whatever holds a value holds its encoding somewhere.

    Necessary, not sufficient; it spares Python the rows that cannot match.
    """
    conditions: list[str] = []
    parameters: list[Any] = []
    if filters.levels:
        conditions.append("e.level IN (SELECT value FROM json_each(?))")
        parameters.append(as_list(filters.levels))
    for values in (
        filters.service,
        filters.component,
        filters.code,
        filters.environment,
        filters.trace_id,
        filters.debounce_key,
    ):
        if values:
            conditions.append(f"({' OR '.join(['instr(e.data, ?)'] * len(values))})")
            parameters.extend(_encode(value) for value in values)
    return "".join(f" AND {condition}" for condition in conditions), parameters
