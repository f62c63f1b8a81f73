"""The audit list: who changed what of an organisation, and when. Never a secret, and no text of an entry."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import TYPE_CHECKING, Any

import msgspec

from server.core.model import ApiKey
from server.core.paging import open_list_token, seal_list_token
from server.core.query import Page

if TYPE_CHECKING:
    from server.core.ports import Directory

COMMAND_LINE = "cli"
"""The actor of whatever was done with the command `tracking`."""
SERVER = "server"
"""The actor of what the service does by itself: its first key, the key of its settings."""

_LIST = "audit"


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `actor` is the id of an API key, `cli` or `server`; `time` is in nanoseconds since 1970.

    `action` is two words such as `key.create`, `details` what else there is to say, by names as REST spells them.
    """

    organisation_id: int
    time: int
    actor: str
    action: str
    details: Mapping[str, Any] = {}


class AuditPage(msgspec.Struct, frozen=True):
    """Records, newest first, and the key behind which the next page begins (None: that was all)."""

    records: list[AuditRecord]
    next_key: bytes | None


class AuditList(msgspec.Struct, frozen=True):
    """The same with a token in place of the key."""

    records: list[AuditRecord]
    next_page_token: str | None


class Audit:
    """Writes and reads the list. `clock` gives nanoseconds since 1970. Every method may raise StoreUnavailable."""

    def __init__(self, directory: "Directory", *, clock: Callable[[], int] = time_ns) -> None:
        self._directory = directory
        self._clock = clock

    async def record(self, organisation_id: int, actor: str, action: str, details: Mapping[str, Any]) -> None:
        """A change was made; durable when this returns."""
        await self._directory.record_audit(
            AuditRecord(
                organisation_id=organisation_id, time=self._clock(), actor=actor, action=action, details=details
            )
        )

    async def list_records(self, caller: ApiKey, *, page_size: int, page_token: str | None) -> AuditList:
        """A page of the records of the caller's organisation, newest first. Raises InvalidField for another's token."""
        organisation_id = caller.organisation_id
        before_key = None if not page_token else open_list_token(page_token, _LIST, organisation_id)
        page = await self._directory.list_audit(organisation_id, Page(page_size, before_key))
        if page.next_key is None:
            return AuditList(page.records, None)
        return AuditList(page.records, seal_list_token(page.next_key, _LIST, organisation_id))
