"""One commit: a batch of events becomes rows, in one durable transaction, on the writer's thread."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import apsw
import msgspec

from server.core.model import Outcome, Receipt, Request, Window
from server.core.retention import EVENT_ID_NANOSECONDS
from server.storage.sqlite.codec import PreparedEvent, entry_id_of, key_of
from server.storage.sqlite.keyspace import SPILL, Keyspace
from server.storage.sqlite.pending import encode_changes
from server.storage.sqlite.rows import Table, prepare_writer, write_commit
from server.storage.sqlite.statements import Row, as_hex_list, read_value
from server.storage.sqlite.windows import Windows

# One row, for each row is a turn of the interpreter's lock. An entry that is gone had at least its first event.
_KNOWN_IDS = """
    SELECT group_concat(
        hex(i.id) || ' ' || i.key || ' ' || coalesce(r.event_count, e.event_count, 1)
        || ' ' || coalesce(e.organisation, -1)
    )
    FROM event_ids i LEFT JOIN entries e ON e.key = i.key LEFT JOIN repeats r ON r.key = i.key
    WHERE i.id IN (SELECT unhex(value) FROM json_each(?)) AND i.receive_time > ?
"""

_NOBODY = -1

# An enum's members are slow to look up, and every event asks for one.
_STORED, _DEBOUNCED, _DUPLICATE = Outcome.STORED, Outcome.DEBOUNCED, Outcome.DUPLICATE


class _Known(msgspec.Struct, frozen=True):
    """The entry of an event id; without a count where another organisation has the key by now."""

    key: int
    count: int | None


class BatchWriter:
    """Writes batches. `clock` is the store's clock, in nanoseconds: it alone opens and ends windows."""

    def __init__(self, connection: apsw.Connection, clock: Callable[[], int]) -> None:
        prepare_writer(connection)
        self._connection = connection
        self._clock = clock
        self._keyspace = Keyspace(connection)
        self._windows = Windows(connection)
        self.entries: list[Row] = []
        """The rows of the entries that the last commit stored."""

    def write(self, batch: Sequence[PreparedEvent]) -> list[Receipt]:
        """Commit a batch; when this returns, it is on the disk. On any error nothing of it is."""
        now = self._clock()
        try:
            self._keyspace.begin([event.event_milliseconds for event in batch])
            self._windows.begin({event.window.identity for event in batch if event.window is not None})
            known = self._known_ids(_organisations(batch), now)
            commit = _Commit(self._keyspace, self._windows, known, now)
            receipts = [commit.place(event) for event in batch]
            rows = commit.rows()
            write_commit(self._connection, rows)
        except BaseException:
            self._windows.forget()
            raise
        self._keyspace.saved()
        self.entries = rows[Table.ENTRIES]
        return receipts

    def forget_windows(self, windows: Iterable[tuple[bytes, int]]) -> None:
        """The entries of these windows, by identity and key, were deleted."""
        self._windows.forget_deleted(windows)

    def forget_ended_windows(self) -> None:
        """Memory for windows that are over goes."""
        self._windows.forget_ended(self._clock())

    def _known_ids(self, organisations: Mapping[bytes, int], now: int) -> dict[bytes, _Known]:
        """What earlier commits keep of these ids."""
        if not organisations:
            return {}
        oldest = now - EVENT_ID_NANOSECONDS
        found: str | None = read_value(self._connection, _KNOWN_IDS, (as_hex_list(organisations), oldest))
        known: dict[bytes, _Known] = {}
        for row in found.split(",") if found else ():
            id_hash, key, count, owner = row.split(" ")
            hashed = bytes.fromhex(id_hash)
            # A deleted entry's key may have gone to a new one, whose count is nobody else's business.
            known[hashed] = _Known(int(key), int(count) if int(owner) in (_NOBODY, organisations[hashed]) else None)
        return known


def _organisations(batch: Sequence[PreparedEvent]) -> dict[bytes, int]:
    """By hash of event id or request, which are kept in one table and are never equal."""
    hashes = {event.id_hash: event.organisation for event in batch if event.id_hash is not None}
    hashes.update({event.request.id_hash: event.organisation for event in batch if event.request is not None})
    return hashes


class _Commit:
    """Decides what becomes of each event of one batch, in order, and gathers the rows."""

    def __init__(self, keyspace: Keyspace, windows: Windows, known_ids: dict[bytes, _Known], now: int) -> None:
        self._keyspace = keyspace
        self._windows = windows
        self._known_ids = known_ids
        self._keys_by_id = {id_hash: known.key for id_hash, known in known_ids.items()}
        self._requests: dict[bytes, Request] = {}
        self._counts = {known.key: known.count for known in known_ids.values() if known.count is not None}
        self._now = now
        self._entries: list[Row] = []
        self._samples: list[Row] = []
        self._ids: list[Row] = []
        self._added: dict[int, int] = {}

    def place(self, event: PreparedEvent) -> Receipt:
        """Store an event, add it to an open window, or know it again."""
        request = event.request
        if request is None:
            return self._place(event)
        if self._is_repeated(request):
            return self._duplicate(event.id_hash if event.id_hash in self._keys_by_id else request.id_hash)
        receipt = self._place(event)
        if request.id_hash not in self._keys_by_id:
            key = key_of(receipt.entry_id)
            assert key is not None
            # The request as a whole goes by the entry of its first event.
            self._remember(request.id_hash, key, receipt.event_count)
        return receipt

    def _is_repeated(self, request: Request) -> bool:
        """Whether an earlier commit has the request, or another arrival of it in this one: either has all of it."""
        claimant = self._requests.setdefault(request.id_hash, request)
        return claimant is not request or request.id_hash in self._known_ids

    def _place(self, event: PreparedEvent) -> Receipt:
        id_hash, window = event.id_hash, event.window
        if id_hash is not None and id_hash in self._keys_by_id:
            return self._duplicate(id_hash)
        if window is None:
            key, outcome, count = self._append(event, None), _STORED, event.event_count
        else:
            key, outcome, count = self._open_or_repeat(event, window)
        if id_hash is not None:
            self._remember(id_hash, key, count)
        return Receipt(outcome, entry_id_of(key), count)

    def _duplicate(self, id_hash: bytes) -> Receipt:
        key, known = self._keys_by_id[id_hash], self._known_ids.get(id_hash)
        if known is not None and known.count is None:
            return Receipt(_DUPLICATE, entry_id_of(key), 1)
        return Receipt(_DUPLICATE, entry_id_of(key), self._counts[key] + self._added.get(key, 0))

    def rows(self) -> dict[Table, list[Row]]:
        """What has to be written."""
        self._entries.sort()
        spill = self._keyspace.spill_to_save()
        return {
            Table.ENTRIES: self._entries,
            Table.REPEATS: self._windows.repeats_rows(),
            Table.SAMPLES: self._samples,
            Table.WINDOWS: self._windows.opened_rows(),
            Table.EVENT_IDS: self._ids,
            Table.PENDING: self._pending_rows(),
            Table.FACTS: [] if spill is None else [(SPILL, spill)],
        }

    def _append(self, event: PreparedEvent, window_end: int | None) -> int:
        key = self._keyspace.take(event.event_milliseconds)
        self._entries.append((key, event.organisation, event.level, event.event_count, window_end, event.data))
        return key

    def _open_or_repeat(self, event: PreparedEvent, wanted: Window) -> tuple[int, Outcome, int]:
        window = self._windows.open_at(wanted.identity, self._now)
        if window is None:
            end = self._now + wanted.interval
            key = self._append(event, end)
            self._windows.open(wanted.identity, key, end, event)
            return key, _STORED, event.event_count
        key = window.key
        if self._windows.add(window, event):
            self._samples.append((key, window.event_count, event.data))
        self._added[key] = self._added.get(key, 0) + event.event_count
        return key, _DEBOUNCED, window.event_count

    def _remember(self, id_hash: bytes, key: int, count: int) -> None:
        self._ids.append((id_hash, key, self._now))
        self._keys_by_id[id_hash] = key
        # What the entry counted before this commit, or as this commit stored it.
        self._counts.setdefault(key, count - self._added.get(key, 0))

    def _pending_rows(self) -> list[Row]:
        """What is new to an indexer."""
        if not self._entries and not self._added:
            return []
        return [(None, encode_changes([row[0] for row in self._entries], self._added.items()))]
