"""How old entries are, and how much they take: what retention and usage read of the log."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec

from server.core.model import Level
from server.core.retention import Age, Periods, Survey, survey_of
from server.core.usage import LevelUsage
from server.storage.sqlite.keyspace import HIGHEST_KEY, LOWEST_KEY, key_from_bytes, key_to_bytes
from server.storage.sqlite.statements import Row, read_value

_ROWS = """
    SELECT e.key, e.organisation, e.level, e.window_end, e.data, r.last_receive_time
    FROM entries e LEFT JOIN repeats r ON r.key = e.key
    WHERE e.key > ? AND e.key <= ? AND (?3 IS NULL OR e.organisation = ?3) ORDER BY e.key LIMIT ?
"""
_USAGE = """
    SELECT e.level, count(*), total(coalesce(r.event_count, e.event_count)), total(length(e.data))
    FROM entries e LEFT JOIN repeats r ON r.key = e.key WHERE e.organisation = ? GROUP BY e.level
"""
_SAMPLES = """
    SELECT e.level, total(length(s.data)) FROM samples s JOIN entries e ON e.key = s.key
    WHERE e.organisation = ? GROUP BY e.level
"""


class _Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The first fields of a `StoredEvent`: the others are not decoded."""

    message: str
    level: int
    event_time: int
    receive_time: int


_decode_head = msgspec.msgpack.Decoder(_Head).decode


def survey(
    connection: apsw.Connection,
    bounds: tuple[bytes | None, bytes | None],
    most: int,
    *,
    periods: Periods,
    now: int,
    organisation_id: int | None,
) -> Survey:
    """See `Expiry`."""
    lowest, highest = bounds
    ages = list(
        _ages(
            connection.execute(
                _ROWS,
                (
                    LOWEST_KEY if lowest is None else key_from_bytes(lowest),
                    HIGHEST_KEY if highest is None else key_from_bytes(highest),
                    organisation_id,
                    most,
                ),
            )
        )
    )
    return survey_of(ages, ages[-1].key if len(ages) == most else None, periods, now)


def _ages(rows: Iterator[Row]) -> Iterator[Age]:
    for key, organisation, level, window_end, data, last_receive_time in rows:
        received = _decode_head(data).receive_time if last_receive_time is None else last_receive_time
        yield Age(key_to_bytes(key), organisation, level, received, window_end or 0, len(data))


def age_of(row: Row) -> Age:
    """The age in one row of key, organisation, level, window's end, data, and last receive time of repeats."""
    return next(_ages(iter([row])))


def read_usage(connection: apsw.Connection, organisation_id: int) -> dict[Level, LevelUsage]:
    """One scan of the log, without its data: SQLite knows the length of what it does not read."""
    samples = dict(connection.execute(_SAMPLES, (organisation_id,)))
    return {
        Level(level): LevelUsage(entries, round(events), round(size + samples.get(level, 0)))
        for level, entries, events, size in connection.execute(_USAGE, (organisation_id,))
    }


def used_bytes(connection: apsw.Connection) -> int:
    """What the file holds, without pages that are free to be used again."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(read_value(connection, f"PRAGMA {name}")) for name in names)
    return (pages - free) * size


def size_on_disk(*databases: Path) -> int:
    """The bytes of these files and their write-ahead logs, as far as they are there."""
    files = [Path(f"{database}{suffix}") for database in databases for suffix in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())
