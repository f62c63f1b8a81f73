"""Organisations and API keys in the file."""

from collections.abc import Callable, Collection, Iterable, Mapping
from time import time_ns
from typing import Any

import apsw
import msgspec

from server.core.errors import InvalidField
from server.core.model import ApiKey, Debounce
from server.storage.sqlite.connection import transaction

_COLUMNS = """
    k.id, k.organisation, o.name, k.kind, k.scopes, k.origins, k.name, k.rate,
    k.create_time, k.last_use_time, k.revoke_time, k.otlp_debounce, k.otlp_component
    FROM api_keys k JOIN organisations o ON o.id = k.organisation
"""


def find_key(connection: apsw.Connection, digest: bytes) -> ApiKey | None:
    """The key with this digest, revoked or not."""
    row = connection.execute(f"SELECT {_COLUMNS} WHERE k.digest = ?", (digest,)).fetchone()
    return None if row is None else _key(row)


def list_keys(connection: apsw.Connection, organisation_id: int | None) -> list[ApiKey]:
    """Keys, oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} WHERE ?1 IS NULL OR k.organisation = ?1 ORDER BY k.create_time, k.id", (organisation_id,)
    )
    return [_key(row) for row in rows]


def create_organisation(connection: apsw.Connection, name: str) -> int:
    """A new organisation's number; InvalidField if the name is taken."""
    try:
        with transaction(connection):
            connection.execute("INSERT INTO organisations (name, create_time) VALUES (?, ?)", (name, time_ns()))
            return connection.last_insert_rowid()
    except apsw.ConstraintError as error:
        raise InvalidField(
            f"There is an organisation named {name!r} already.", message="Name taken", field="name"
        ) from error


def list_organisations(connection: apsw.Connection) -> dict[str, int]:
    """Names and numbers, oldest first."""
    rows: Iterable[tuple[Any, Any]] = connection.execute("SELECT name, id FROM organisations ORDER BY id")
    return dict(rows)


def create_key(connection: apsw.Connection, key: ApiKey, digest: bytes) -> None:
    """Keep a new key."""
    with transaction(connection):
        connection.execute(
            "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key.id,
                digest,
                key.organisation_id,
                key.kind,
                _scopes(key),
                _origins(key),
                key.name,
                key.rate,
                key.create_time,
                key.last_use_time,
                key.revoke_time,
                _debounce(key),
                key.otlp_component,
            ),
        )


def change_key(connection: apsw.Connection, key: ApiKey, fields: Collection[str]) -> None:
    """Replace these fields."""
    changes = [change for field, change in _CHANGES.items() if field in fields]
    if not changes:
        return
    assignments = ", ".join(assignment for assignment, _ in changes)
    values = [value_of(key) for _, value_of in changes]
    with transaction(connection):
        connection.execute(f"UPDATE api_keys SET {assignments} WHERE id = ?", (*values, key.id))  # noqa: S608 - ours


def record_use(connection: apsw.Connection, last_use_times: Mapping[str, int]) -> None:
    """Remember when keys were last used; a time never moves back."""
    with transaction(connection):
        connection.executemany(
            "UPDATE api_keys SET last_use_time = max(coalesce(last_use_time, 0), ?) WHERE id = ?",
            [(instant, key_id) for key_id, instant in last_use_times.items()],
        )


def _scopes(key: ApiKey) -> str:
    return " ".join(sorted(key.scopes))


def _origins(key: ApiKey) -> str:
    return " ".join(key.origins)


def _debounce(key: ApiKey) -> str | None:
    return None if key.otlp_debounce is None else msgspec.json.encode(key.otlp_debounce).decode()


_CHANGES: dict[str, tuple[str, Callable[[ApiKey], Any]]] = {
    "name": ("name = ?", lambda key: key.name),
    "scopes": ("scopes = ?", _scopes),
    "origins": ("origins = ?", _origins),
    "rate": ("rate = ?", lambda key: key.rate),
    # Once revoked, always revoked: also for a change that was decided before the revocation.
    "revoke_time": ("revoke_time = coalesce(revoke_time, ?)", lambda key: key.revoke_time),
    "otlp_debounce": ("otlp_debounce = ?", _debounce),
    "otlp_component": ("otlp_component = ?", lambda key: key.otlp_component),
}
"""How a field is changed, and to what."""


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, organisation_id, organisation, kind, scopes, origins, name, rate, created, used, revoked, *otlp = row
    debounce, component = otlp
    return ApiKey(
        id=key_id,
        organisation_id=organisation_id,
        organisation=organisation,
        kind=kind,
        scopes=frozenset(scopes.split()),
        origins=tuple(origins.split()),
        name=name,
        rate=rate,
        create_time=created,
        last_use_time=used,
        revoke_time=revoked,
        otlp_debounce=None if debounce is None else msgspec.json.decode(debounce, type=Debounce),
        otlp_component=component,
    )
