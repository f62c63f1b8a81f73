"""What is kept of an organisation beside its keys: settings, the audit list, and how many events came."""

from collections.abc import Mapping

import apsw
import msgspec

from server.core.audit import AuditPage, AuditRecord
from server.core.query import Page
from server.storage.sqlite.connection import transaction
from server.storage.sqlite.keyspace import HIGHEST_KEY, key_from_bytes, key_to_bytes
from server.storage.sqlite.statements import Row
from server.storage.sqlite.threads import ReadThreads, WriteThread

_KEPT_MINUTES = 120


class OrganisationRecords:
    """A part of `SqliteDirectory`, over its threads."""

    _writer: WriteThread
    _lookups: ReadThreads

    async def read_settings(self, organisation_id: int | None) -> dict[int, dict[str, int]]:
        """See `Directory`."""
        return await self._lookups.run(lambda connection: _read_settings(connection, organisation_id))

    async def change_settings(self, organisation_id: int, changes: Mapping[str, int]) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: _change_settings(connection, organisation_id, changes))

    async def record_audit(self, record: AuditRecord) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: _record_audit(connection, record))

    async def list_audit(self, organisation_id: int, page: Page) -> AuditPage:
        """See `Directory`."""
        return await self._lookups.run(lambda connection: _list_audit(connection, organisation_id, page))

    async def add_received(self, events: Mapping[tuple[int, int], int]) -> None:
        """See `Directory`."""
        await self._writer.run(lambda connection: _add_received(connection, events))

    async def read_received(self, organisation_id: int, from_minute: int) -> dict[int, int]:
        """See `Directory`."""
        return await self._lookups.run(lambda connection: _read_received(connection, organisation_id, from_minute))


def _read_settings(connection: apsw.Connection, organisation_id: int | None) -> dict[int, dict[str, int]]:
    rows = connection.execute(
        "SELECT organisation, name, value FROM settings WHERE ?1 IS NULL OR organisation = ?1", (organisation_id,)
    )
    settings: dict[int, dict[str, int]] = {}
    for organisation, name, value in rows:
        settings.setdefault(organisation, {})[name] = value
    return settings


def _change_settings(connection: apsw.Connection, organisation_id: int, changes: Mapping[str, int]) -> None:
    with transaction(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO settings VALUES (?, ?, ?)",
            [(organisation_id, name, value) for name, value in changes.items()],
        )


def _record_audit(connection: apsw.Connection, record: AuditRecord) -> None:
    details = msgspec.json.encode(record.details).decode()
    with transaction(connection):
        connection.execute(
            "INSERT INTO audit (organisation, time, actor, action, details) VALUES (?, ?, ?, ?, ?)",
            (record.organisation_id, record.time, record.actor, record.action, details),
        )


def _list_audit(connection: apsw.Connection, organisation_id: int, page: Page) -> AuditPage:
    rows: list[Row] = connection.execute(
        "SELECT id, time, actor, action, details FROM audit WHERE organisation = ? AND id < ? ORDER BY id DESC LIMIT ?",
        (organisation_id, HIGHEST_KEY if page.before_key is None else key_from_bytes(page.before_key), page.size + 1),
    ).fetchall()
    records = [
        AuditRecord(
            organisation_id=organisation_id,
            time=time,
            actor=actor,
            action=action,
            details=msgspec.json.decode(details, type=dict),
        )
        for _, time, actor, action, details in rows[: page.size]
    ]
    return AuditPage(records, key_to_bytes(rows[page.size - 1][0]) if len(rows) > page.size else None)


def _add_received(connection: apsw.Connection, events: Mapping[tuple[int, int], int]) -> None:
    oldest = max(minute for _, minute in events) - _KEPT_MINUTES
    with transaction(connection):
        connection.executemany(
            "INSERT INTO received VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET events = events + ?3",
            [(organisation, minute, count) for (organisation, minute), count in events.items()],
        )
        connection.execute("DELETE FROM received WHERE minute < ?", (oldest,))


def _read_received(connection: apsw.Connection, organisation_id: int, from_minute: int) -> dict[int, int]:
    rows = connection.execute(
        "SELECT minute, events FROM received WHERE organisation = ? AND minute >= ?", (organisation_id, from_minute)
    )
    return {int(minute): int(events) for minute, events in rows}
