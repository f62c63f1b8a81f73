"""What the index has, `pending` need not tell any more: the log's writer deletes such rows, and looks how far it is."""

from time import monotonic

import apsw

from server.storage.sqlite.connection import transaction
from server.storage.sqlite.index.progress import Progress
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.keyspace import LOWEST_KEY
from server.storage.sqlite.statements import read_value

_STEP_ROWS = 500
_STEP_SECONDS = 0.01
"""How long a call may hold the writer, roughly."""
# The row of the watermark stays: it tells the indexer that this is its log, and keeps its number from being used again.
_DELETE = "DELETE FROM pending WHERE id < min(?, (SELECT min(id) FROM pending) + ?)"


class Trimming:
    """Called once a second on the writer's thread."""

    def __init__(self, reader: IndexReader, progress: Progress) -> None:
        self._reader = reader
        self._progress = progress

    def step(self, connection: apsw.Connection) -> None:
        """Look where the index is, and delete rows before its watermark for a moment."""
        position = self._reader.position()
        last = read_value(connection, "SELECT max(id) FROM pending") or 0
        watermark = 0 if position is None else min(position.watermark, last)
        is_complete = position is not None and position.built_from == LOWEST_KEY
        self._progress.observe(watermark, last, is_complete=is_complete)
        deadline = monotonic() + _STEP_SECONDS
        while (read_value(connection, "SELECT min(id) FROM pending") or watermark) < watermark:
            with transaction(connection):
                connection.execute(_DELETE, (watermark, _STEP_ROWS))
            if monotonic() > deadline:
                break
