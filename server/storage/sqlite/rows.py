"""The rows of one commit, and how they become durable together."""

from enum import IntEnum

import apsw

from server.storage.sqlite.connection import transaction
from server.storage.sqlite.statements import Row, write_at_once, write_rows

_FEW_ROWS = 128
"""Up to so many rows a commit is one statement; above, what the view's triggers cost outweighs the steps they save."""
_ROWS_MULTIPLE = 8
"""Such a statement has a multiple of so many rows, so that few statements serve every size."""


class Table(IntEnum):
    """Where a row goes."""

    ENTRIES = 1
    REPEATS = 2
    SAMPLES = 3
    WINDOWS = 4
    EVENT_IDS = 5
    PENDING = 6
    FACTS = 7


_WRITES = {
    Table.ENTRIES: ("INSERT INTO entries", 6),
    Table.REPEATS: ("INSERT OR REPLACE INTO repeats", 6),
    Table.SAMPLES: ("INSERT INTO samples", 3),
    Table.WINDOWS: ("INSERT OR REPLACE INTO windows", 3),
    Table.EVENT_IDS: ("INSERT OR REPLACE INTO event_ids", 3),
    Table.PENDING: ("INSERT INTO pending", 2),
    Table.FACTS: ("INSERT OR REPLACE INTO facts", 2),
}
"""How a row is written, and how many columns it has."""
_COLUMNS = "abcdef"
_PADDING = [(None,) * (len(_COLUMNS) - count) for count in range(len(_COLUMNS) + 1)]
_NO_ROW = (None,) * (1 + len(_COLUMNS))


def prepare_writer(connection: apsw.Connection) -> None:
    """Make the view, this connection's own, through which one statement writes rows of every table."""
    columns = ", ".join(f"NULL AS {column}" for column in _COLUMNS)
    connection.execute(f"CREATE TEMP VIEW changes AS SELECT NULL AS place, {columns}")
    for table, (verb, count) in _WRITES.items():
        action = f"{verb} VALUES ({', '.join(f'NEW.{column}' for column in _COLUMNS[:count])})"
        connection.execute(
            f"CREATE TEMP TRIGGER change_{table} INSTEAD OF INSERT ON changes WHEN NEW.place = {table}"
            f" BEGIN {action}; END"
        )


def write_commit(connection: apsw.Connection, rows: dict[Table, list[Row]]) -> None:
    """Write all rows in one durable transaction."""
    count = sum(map(len, rows.values()))
    if count > _FEW_ROWS:
        with transaction(connection):
            for table, some in rows.items():
                write_rows(connection, _WRITES[table][0], some)
    elif count:
        placed = [(table, *row, *_PADDING[len(row)]) for table, some in rows.items() for row in some]
        placed += [_NO_ROW] * (-count % _ROWS_MULTIPLE)
        write_at_once(connection, "INSERT INTO changes", placed)
