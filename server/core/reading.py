"""Reading entries: pages that can be gone on with, single entries, and only those of the caller's organisation."""

import msgspec

from server.core.errors import NotFound
from server.core.known_settings import KnownSettings
from server.core.model import ApiKey, Entry
from server.core.paging import decode_page_token, encode_page_token
from server.core.ports import EntryStore, PreparedT
from server.core.query import EntryFilter, Page


class EntryList(msgspec.Struct, frozen=True):
    """A page of entries, newest first; `next_page_token` is None on the last one."""

    entries: list[Entry]
    next_page_token: str | None


class Reading:
    """The query side of the core. `settings` say when entries expire."""

    def __init__(self, store: "EntryStore[PreparedT]", settings: KnownSettings) -> None:
        self._settings = settings
        self._find_entries = store.find_entries
        self._get_entry = store.get_entry

    async def list_entries(
        self, caller: ApiKey, filters: EntryFilter, *, page_size: int, page_token: str | None
    ) -> EntryList:
        """A page of the entries that match. Raises InvalidField for a token of another query."""
        before_key = None
        if page_token:
            before_key, filters = decode_page_token(page_token, filters, caller.organisation_id)
        page = await self._find_entries(caller.organisation_id, filters, Page(page_size, before_key))
        settings = self._settings.of(caller.organisation_id)
        entries = [settings.applied(entry) for entry in page.entries]
        if page.next_key is None:
            return EntryList(entries, None)
        return EntryList(entries, encode_page_token(page.next_key, filters, caller.organisation_id))

    async def get_entry(self, caller: ApiKey, entry_id: str) -> Entry:
        """One entry. Raises NotFound, for a foreign one too."""
        entry = await self._get_entry(caller.organisation_id, entry_id)
        if entry is None:
            raise NotFound("There is no entry with this id in this organisation.", field="id")
        return self._settings.of(caller.organisation_id).applied(entry)
