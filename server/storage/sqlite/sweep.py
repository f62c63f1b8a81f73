"""Housekeeping in small steps: what is over is deleted a thousand rows at a time, round after round."""

from collections.abc import Callable
from time import monotonic

import apsw

from server.core.model import NANOSECONDS_PER_SECOND
from server.core.retention import EVENT_ID_NANOSECONDS
from server.storage.sqlite.commit import BatchWriter
from server.storage.sqlite.connection import transaction
from server.storage.sqlite.statements import read_value

_STEP_ROWS = 1_000
_STEP_SECONDS = 0.005
"""How long a call may hold the writer with a table, roughly."""
_WINDOW_ROUND = 60 * NANOSECONDS_PER_SECOND
_ID_ROUND = 600 * NANOSECONDS_PER_SECOND


class Sweep:
    """Walks one table in the order of its key, a BLOB, deleting rows whose `column` is not after a time.

    A round begins when `interval` (nanoseconds) has passed since the last one began.
    """

    def __init__(self, table: str, key: str, column: str, *, interval: int) -> None:
        self._next = f"SELECT {key} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT 1 OFFSET {_STEP_ROWS - 1}"  # noqa: S608 - names of ours
        self._delete = f"DELETE FROM {table} WHERE {key} > ? AND {key} <= ? AND {column} <= ?"  # noqa: S608 - names of ours
        self._delete_rest = f"DELETE FROM {table} WHERE {key} > ? AND {column} <= ?"  # noqa: S608 - names of ours
        self._interval = interval
        self._begin: int | None = None
        self._position: bytes | None = None

    def is_due(self, now: int) -> bool:
        """Whether a round is under way or should begin; a clock that was set back begins one, too."""
        return self._position is not None or self._begin is None or not 0 <= now - self._begin < self._interval

    def step(self, connection: apsw.Connection, *, now: int, until: int) -> None:
        """Look at the next thousand rows, and delete those whose time is `until` or earlier."""
        if self._position is None:
            self._begin, self._position = now, b""
        end = read_value(connection, self._next, (self._position,))
        if end is None:
            connection.execute(self._delete_rest, (self._position, until))
        else:
            connection.execute(self._delete, (self._position, end, until))
        self._position = end


class Housekeeping:
    """What `maintain` does: open windows and event ids that are over go, from the file and from memory."""

    def __init__(self, batches: BatchWriter, clock: Callable[[], int]) -> None:
        self._batches = batches
        self._clock = clock
        self._windows = Sweep("windows", "identity", "end_time", interval=_WINDOW_ROUND)
        self._ids = Sweep("event_ids", "id", "receive_time", interval=_ID_ROUND)

    def step(self, connection: apsw.Connection) -> None:
        """Go on with the rounds for a moment."""
        now = self._clock()
        if self._windows.is_due(now):
            self._batches.forget_ended_windows()
            _work(self._windows, connection, now=now, until=now)
        if self._ids.is_due(now):
            _work(self._ids, connection, now=now, until=now - EVENT_ID_NANOSECONDS)


def _work(sweep: Sweep, connection: apsw.Connection, *, now: int, until: int) -> None:
    deadline = monotonic() + _STEP_SECONDS
    with transaction(connection):
        sweep.step(connection, now=now, until=until)
        while sweep.is_due(now) and monotonic() < deadline:
            sweep.step(connection, now=now, until=until)
