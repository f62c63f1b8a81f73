"""Decisions about groups: in the database, not in the index, which may be made anew at any time."""

from collections.abc import Iterable
from typing import Any

import apsw

from server.core.statistics import GroupState, GroupStatus
from server.storage.sqlite.connection import transaction

_COLUMNS = "status, change_time, seen_count, seen_receive_time, muted_until, muted_until_count"
_SELECT = f"SELECT {_COLUMNS} FROM group_states WHERE organisation = ? AND id = ?"  # noqa: S608 - names of ours
_IDS = "SELECT id FROM group_states WHERE organisation = ?"


def read_state(log: apsw.Connection, organisation: int, group: bytes) -> GroupState | None:
    """The decision about a group, if there is one."""
    for status, *values in log.execute(_SELECT, (organisation, group)):
        change_time, seen_count, seen_receive_time, muted_until, muted_until_count = values
        return GroupState(
            status=GroupStatus(status),
            change_time=change_time,
            seen_count=seen_count,
            seen_receive_time=seen_receive_time,
            muted_until=muted_until,
            muted_until_count=muted_until_count,
        )
    return None


def decided_groups(log: apsw.Connection, organisation: int) -> set[bytes]:
    """All groups that somebody decided about."""
    rows: Iterable[tuple[Any]] = log.execute(_IDS, (organisation,))
    return {group for (group,) in rows}


def write_state(connection: apsw.Connection, organisation: int, group: bytes, state: GroupState) -> None:
    """Keep a decision durably."""
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO group_states VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                organisation,
                group,
                state.status.value,
                state.change_time,
                state.seen_count,
                state.seen_receive_time,
                state.muted_until,
                state.muted_until_count,
            ),
        )
