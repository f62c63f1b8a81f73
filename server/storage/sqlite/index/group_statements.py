"""The tables of the sums of groups, and how they are written."""

from server.core.model import Level

LEVELS = tuple(level.value for level in Level)
LEVEL_COLUMNS = tuple(f"level_{level}" for level in LEVELS)

SCHEMA = f"""
    CREATE TABLE groups (
        number INTEGER PRIMARY KEY,
        organisation INTEGER NOT NULL,
        id BLOB NOT NULL,
        event_count INTEGER NOT NULL,
        {" ".join(f"{column} INTEGER NOT NULL," for column in LEVEL_COLUMNS)}
        first_event_time INTEGER NOT NULL,
        last_event_time INTEGER NOT NULL,
        last_receive_time INTEGER NOT NULL,
        latest_key INTEGER NOT NULL,
        UNIQUE (organisation, id)
    ) STRICT;
    CREATE TABLE group_texts (
        group_number INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        service TEXT,
        component TEXT,
        code TEXT
    ) STRICT;
    CREATE TABLE group_days (
        group_number INTEGER NOT NULL,
        day INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        first_event_time INTEGER NOT NULL,
        last_event_time INTEGER NOT NULL,
        is_worn INTEGER NOT NULL,
        PRIMARY KEY (group_number, day)
    ) STRICT, WITHOUT ROWID;
"""
INSERT = f"INSERT INTO groups VALUES ({', '.join('?' * (8 + len(LEVEL_COLUMNS)))})"  # noqa: S608 - names of ours
ADDED = ("event_count", *LEVEL_COLUMNS)
UPDATE = f"""
    UPDATE groups SET {", ".join(f"{column} = {column} + ?" for column in ADDED)},
        first_event_time = min(first_event_time, ?),
        last_event_time = max(last_event_time, ?),
        last_receive_time = max(last_receive_time, ?),
        latest_key = max(latest_key, ?)
    WHERE number = ?
"""  # noqa: S608 - names of ours
TEXTS = "INSERT OR REPLACE INTO group_texts VALUES (?, ?, ?, ?, ?)"
FIND = "SELECT number, latest_key FROM groups WHERE organisation = ? AND id = ?"
ADD_DAY = """
    INSERT INTO group_days VALUES (?, ?, ?, ?, ?, 0)
    ON CONFLICT DO UPDATE SET event_count = event_count + excluded.event_count,
        first_event_time = min(first_event_time, excluded.first_event_time),
        last_event_time = max(last_event_time, excluded.last_event_time)
"""
TAKE = f"""
    UPDATE groups SET event_count = event_count - ?, {", ".join(f"{column} = {column} - ?" for column in LEVEL_COLUMNS)}
    WHERE organisation = ? AND id = ? RETURNING number, event_count
"""  # noqa: S608 - names of ours
TAKE_DAY = "UPDATE group_days SET event_count = event_count - ?, is_worn = 1 WHERE group_number = ? AND day = ?"
EMPTY_DAYS = "DELETE FROM group_days WHERE group_number = ? AND event_count <= 0"
NARROW = """
    UPDATE groups SET first_event_time = days.first, last_event_time = days.last
    FROM (
        SELECT min(first_event_time) AS first, max(last_event_time) AS last FROM group_days WHERE group_number = ?1
    ) AS days
    WHERE number = ?1
"""
