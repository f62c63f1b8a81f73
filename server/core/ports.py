"""What the core needs from a store, and what a store promises.

Every method raises only errors of `core.errors`: `StoreUnavailable` when the store cannot be reached or written
(nothing was acknowledged; the same call may be made again), `StoreBroken` when it must not be used any more.
No driver's type and no driver's exception crosses this boundary.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from server.core.errors import Internal
from server.core.model import ApiKey, Entry, EntryPage, Receipt, Submission
from server.core.query import EntryFilter, Page


class StoreBroken(Internal):
    """The store's state on disk is no longer known (a failed fsync): the process has to end, exit 1."""

    default_message = "Store broken"
    default_description = "The store cannot go on; restart the service once the disk is well."


class Prepared(Protocol):
    """A submission encoded to what the store will write, so that a bad event fails alone and early."""

    size: int
    """Bytes this event holds in memory until its commit."""
    level_word: str
    """Its level, for counting."""


PreparedT = TypeVar("PreparedT", bound=Prepared)


class EntryStore(Protocol[PreparedT]):
    """Where entries live."""

    def prepare(self, submission: Submission) -> PreparedT:
        """Encode one event. Pure, called on the event loop; raises for this event alone."""

    async def commit(self, batch: Sequence[PreparedT]) -> list[Receipt]:
        """Write a batch durably; one receipt an event, in order.

        Atomic: each event is there as a whole, with its claim on its id and its count, or not at all. A commit that
        failed was not acknowledged, and may have stored some of its events: ids make it safe to send them again.
        Durable before it returns: fsynced, or acknowledged by a journaled majority. Exact: an event whose `id_hash`
        was seen within 24 hours is `duplicate`; one whose window is open is `debounced` and adds to the opener's
        entry; any other is `stored` and opens its window, if it asks for one, at the store's own clock. An event of
        a `request` whose `id_hash` another Request object had is `duplicate`, for an hour at least: whatever a first
        attempt that failed had left out is stored now; what was refused before it came here may be a duplicate. All
        events of a Request object come in one batch. Never called twice at the same time.
        """

    async def find_entries(self, organisation_id: int, filters: EntryFilter, page: Page) -> EntryPage:
        """A page of entries that match, newest first; everything committed before the call is seen.

        Bounded in time: a page may be short and carry `next_key`, where the search goes on. Order is event
        time to the millisecond, then arrival, last first.
        """

    async def get_entry(self, organisation_id: int, entry_id: str) -> Entry | None:
        """One entry of this organisation, None where there is none (a foreign id, a malformed one)."""


class Directory(Protocol):
    """Organisations and their API keys. Works while another process serves."""

    async def find_key(self, digest: bytes) -> ApiKey | None:
        """The key with this SHA-256, revoked or not."""

    async def create_organisation(self, name: str) -> int:
        """Create an organisation; InvalidField if the name is taken."""

    async def list_organisations(self) -> dict[str, int]:
        """Names and numbers, oldest first."""

    async def create_key(self, key: ApiKey, digest: bytes) -> None:
        """Store a new key durably."""

    async def list_keys(self, organisation_id: int | None) -> list[ApiKey]:
        """Keys of an organisation (None: of all), oldest first, revoked ones too."""

    async def change_key(self, key: ApiKey, fields: Collection[str]) -> None:
        """Make these fields of a key what `key` has; the others stay.

        They are name, scopes, origins, rate, otlp_debounce, otlp_component, revoke_time. A revoked key stays revoked.
        """

    async def record_use(self, last_use_times: Mapping[str, int]) -> None:
        """Remember when keys (by id) were last used; never moves a time back."""


class Store(EntryStore[PreparedT], Directory, Protocol):
    """Both, and their life."""

    async def check(self) -> None:
        """Return if the store can be read and written now; raise StoreUnavailable with the reason if not."""

    async def maintain(self) -> None:
        """A bounded step of housekeeping: what windows and event ids that are over take goes, where that pays."""

    async def close(self) -> None:
        """Release everything. Committed data stays."""
