"""Statements in few steps.

Each step of a statement is one turn of the interpreter's lock, which a busy event loop gives back late. So values go
in as one list, rows share a statement, and a small commit's rows share one, too.
"""

from collections.abc import Collection, Sequence
from functools import cache
from itertools import chain
from typing import Any

import apsw
import msgspec

Row = tuple[Any, ...]

_encode = msgspec.json.Encoder().encode
_LARGEST_CHUNK = 256


def as_list(values: Collection[int | str]) -> str:
    """Values as one parameter, for `json_each(?)`."""
    return _encode(list(values)).decode()


def as_hex_list(values: Collection[bytes]) -> str:
    """Byte strings as one parameter, for `unhex(value)` of `json_each(?)`."""
    return as_list([value.hex() for value in values])


def read_value(connection: apsw.Connection, select: str, parameters: Row = ()) -> Any:
    """The first column of the first row, None where there is none."""
    row = connection.execute(select, parameters).fetchone()
    return None if row is None else row[0]


def write_rows(connection: apsw.Connection, verb: str, rows: Sequence[Row]) -> None:
    """Run `verb` (such as "INSERT INTO t") with VALUES of all rows, in order."""
    position, chunk = 0, _LARGEST_CHUNK
    while position < len(rows):
        if position + chunk > len(rows):
            # Powers of two, so that few statements serve every number of rows.
            chunk //= 2
            continue
        write_at_once(connection, verb, rows[position : position + chunk])
        position += chunk


def write_at_once(connection: apsw.Connection, verb: str, rows: Sequence[Row]) -> None:
    """The same in one statement, which is kept for the next time that there are so many rows."""
    connection.execute(_statement(verb, len(rows[0]), len(rows)), tuple(chain.from_iterable(rows)))


@cache
def _statement(verb: str, columns: int, rows: int) -> str:
    place = f"({','.join('?' * columns)})"
    return f"{verb} VALUES {','.join([place] * rows)}"
