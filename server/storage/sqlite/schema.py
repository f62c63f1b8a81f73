"""The tables, and the ordered steps that lead to them.

`entries` is a log clustered by a time-ordered key (`keyspace.py`). On the way to the acknowledgement nothing else is
written but what exactness needs: open windows, event ids, what repeats add, and one `pending` row a commit, which
tells the indexer what is new. A step, once released, never changes; `user_version` counts the steps that were taken.
"""

import apsw

from server.storage.sqlite.connection import transaction
from server.storage.sqlite.statements import read_value

_STEPS: tuple[str, ...] = (
    """
    CREATE TABLE organisations (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        create_time INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        organisation INTEGER NOT NULL REFERENCES organisations (id),
        kind TEXT NOT NULL,
        scopes TEXT NOT NULL,
        origins TEXT NOT NULL,
        name TEXT,
        rate INTEGER,
        create_time INTEGER NOT NULL,
        last_use_time INTEGER,
        revoke_time INTEGER
    ) STRICT;

    CREATE TABLE entries (
        key INTEGER PRIMARY KEY,
        organisation INTEGER NOT NULL,
        level INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        window_end INTEGER,
        data BLOB NOT NULL
    ) STRICT;

    CREATE TABLE repeats (
        key INTEGER PRIMARY KEY,
        event_count INTEGER NOT NULL,
        first_event_time INTEGER NOT NULL,
        last_event_time INTEGER NOT NULL,
        last_receive_time INTEGER NOT NULL,
        requested INTEGER
    ) STRICT;

    CREATE TABLE samples (
        key INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (key, event_count)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE windows (
        identity BLOB PRIMARY KEY,
        key INTEGER NOT NULL,
        end_time INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE event_ids (
        id BLOB PRIMARY KEY,
        key INTEGER NOT NULL,
        receive_time INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pending (
        id INTEGER PRIMARY KEY,
        changes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE facts (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE api_keys ADD COLUMN otlp_debounce TEXT;
    ALTER TABLE api_keys ADD COLUMN otlp_component TEXT;
    """,
    """
    CREATE TABLE settings (
        organisation INTEGER NOT NULL,
        name TEXT NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (organisation, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        organisation INTEGER NOT NULL,
        time INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        details TEXT NOT NULL
    ) STRICT;

    CREATE INDEX audit_of_organisation ON audit (organisation, id);

    CREATE TABLE received (
        organisation INTEGER NOT NULL,
        minute INTEGER NOT NULL,
        events INTEGER NOT NULL,
        PRIMARY KEY (organisation, minute)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE group_states (
        organisation INTEGER NOT NULL REFERENCES organisations (id),
        id BLOB NOT NULL,
        status TEXT NOT NULL,
        change_time INTEGER NOT NULL,
        seen_count INTEGER NOT NULL,
        seen_receive_time INTEGER NOT NULL,
        muted_until INTEGER,
        muted_until_count INTEGER,
        PRIMARY KEY (organisation, id)
    ) STRICT, WITHOUT ROWID;
    """,
)


_APPLICATION_ID = 0x74726B31
"""Tells the file of this program from other SQLite files ("trk1")."""


def migrate(connection: apsw.Connection) -> None:
    """Make the file what this program needs: write-ahead log, and the steps that are missing, each in a transaction.

    Raises ValueError, and changes nothing, for a file of a newer version, of another program, or without the right
    to write it.
    """
    # SQLite opens such a file for reading only, and says nothing.
    if connection.readonly("main"):
        raise ValueError("it may not be written")
    taken = _version(connection)
    connection.pragma("journal_mode", "wal")
    for number, step in enumerate(_STEPS[taken:], start=taken + 1):
        with transaction(connection):
            # Another process may have taken the step while this one waited for the lock.
            if _version(connection) < number:
                connection.execute(step)
                connection.pragma("application_id", _APPLICATION_ID)
                connection.pragma("user_version", number)


def _version(connection: apsw.Connection) -> int:
    # One view of the file, whatever another process does to it in the meantime.
    with connection:
        application, version = connection.pragma("application_id"), connection.pragma("user_version")
        is_empty = not read_value(connection, "SELECT count(*) FROM sqlite_schema")
    if application != _APPLICATION_ID and not is_empty:
        raise ValueError("it is an SQLite file of another program")
    if version > len(_STEPS):
        raise ValueError(f"it has version {version}, and this program knows {len(_STEPS)}: use a newer one")
    return int(version)
