"""Entries are deleted because somebody asked: those that a filter chooses, as far as they were there before."""

from collections.abc import Callable, Mapping, Sequence
from time import time_ns
from typing import TYPE_CHECKING

from server.core.audit import Audit
from server.core.model import ApiKey
from server.core.observations import DeletionReason
from server.core.portions import DELETED_AT_ONCE, portions
from server.core.query import MAX_PAGE_SIZE, EntryFilter, Page, format_query, parse_filter
from server.core.query.invalid import invalid_filter

if TYPE_CHECKING:
    from server.core.ports import EntryStore, PreparedT

_PAGING = ("pageSize", "pageToken")


def parse_deletion(parameters: Mapping[str, Sequence[str]], now: int) -> EntryFilter:
    """What a request's query parameters ask to delete: the filters of lists, or `all=true` and none of them.

    Raises InvalidField as `parse_filter`, and INVALID_FILTER for neither or both.
    """
    for name in _PAGING:
        if name in parameters:
            raise invalid_filter(f"A deletion has no pages: leave {name} out, everything that matches goes.", name)
    everything = parameters.get("all", ())
    if not set(everything) <= {"true", "false"}:
        raise invalid_filter("all must be true or false.", "all")
    filters = parse_filter({name: values for name, values in parameters.items() if name != "all"}, now)
    if "true" in everything and filters != EntryFilter():
        raise invalid_filter("all=true deletes every entry of the organisation: leave out the filters, or all.", "all")
    if "true" not in everything and filters == EntryFilter():
        raise invalid_filter("Give at least one filter, or all=true to delete every entry of the organisation.", "all")
    return filters


class Deletion:
    """Deletes entries of one organisation. `clock` gives nanoseconds since 1970."""

    def __init__(
        self,
        store: "EntryStore[PreparedT]",
        audit: Audit,
        *,
        clock: Callable[[], int] = time_ns,
        on_deleted: Callable[[DeletionReason, int], None] = lambda _reason, _entries: None,
    ) -> None:
        self._find_entries = store.find_entries
        self._delete_entries = store.delete_entries
        self._audit = audit
        self._clock = clock
        self._on_deleted = on_deleted

    async def delete(self, caller: ApiKey, filters: EntryFilter) -> int:
        """Delete what the filter chooses and was received before this call; how many entries.

        In small steps, so that ingest does not wait. Raises StoreUnavailable or QueryTimeout with some of it done:
        the same call again does the rest.
        """
        deleted = 0
        try:
            key: bytes | None = None
            received_before = self._clock()
            while True:
                page = await self._find_entries(caller.organisation_id, filters, Page(MAX_PAGE_SIZE, key))
                ids = [entry.id for entry in page.entries if entry.receive_time <= received_before]
                for some in portions(ids, DELETED_AT_ONCE):
                    deleted += await self._delete_entries(caller.organisation_id, some)
                key = page.next_key
                if key is None:
                    return deleted
        finally:
            self._on_deleted("request", deleted)
            await self._audit.record(
                caller.organisation_id,
                caller.id,
                "entries.delete",
                {"query": format_query(filters), "deleted": deleted},
            )
