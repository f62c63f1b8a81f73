"""What the core needs from a store, and what a store promises.

Every method raises only errors of `core.errors`: `StoreUnavailable` when the store cannot be reached or written
(nothing was acknowledged; the same call may be made again), `StoreBroken` when it must not be used any more.
No driver's type and no driver's exception crosses this boundary.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from server.core.audit import AuditPage, AuditRecord
from server.core.errors import Internal
from server.core.feed import Batch
from server.core.model import ApiKey, Entry, EntryPage, Receipt, Submission
from server.core.query import EntryFilter, Page
from server.core.retention import Age, Periods, Survey
from server.core.statistics.facets import FacetCounts
from server.core.statistics.group_lists import FoundGroup, GroupPage, GroupQuery, Place
from server.core.statistics.groups import GroupState
from server.core.statistics.histogram import Counts, HistogramQuestion
from server.core.usage import StoredUsage


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
    organisation: int
    """Whose it is."""

    @property
    def event_count(self) -> int:
        """How many events it stands for."""


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

    async def delete_entries(self, organisation_id: int, entry_ids: Sequence[str]) -> int:
        """Delete entries of this organisation with all that is theirs; how many there were.

        Durable before it returns. A window that is open ends with its entry: the next event of its key opens a new
        one. The ids of the entries' events stay known for their 24 hours.
        """

    async def read_usage(self, organisation_id: int) -> StoredUsage:
        """What the organisation has stored now. Raises QueryTimeout where counting takes too long."""


class Expiry(Protocol):
    """How retention walks through a store and takes away what is over. Works while another process serves."""

    async def survey(
        self,
        after: bytes | None,
        until: bytes | None,
        most: int,
        *,
        periods: Periods,
        now: int,
        organisation_id: int | None = None,
    ) -> Survey:
        """Look at the first `most` entries (of an organisation, None: of all) with keys behind `after`, up to `until`.

        `now` is what they are compared with: nanoseconds since 1970. Keys are the store's own, None = no bound.
        """

    async def delete_expired(self, expired: Sequence[Age], *, periods: Periods, now: int) -> int:
        """Delete those of the entries that are over still, each with its repeats and samples; how many these were.

        One short write, between commits, that a walk after a crash may have to do again. An entry whose window is open
        by the store's clock stays, and so does one that a repeat has come to. The ids of its events stay known for
        their 24 hours.
        """

    async def delete_oldest(self, limit_bytes: int) -> int:
        """Delete some of the oldest entries (by event time) if the database holds more than this; how many.

        Only an embedded database is bounded so; any other answers 0.
        """

    async def may_purge(self) -> bool:
        """Whether this process is the one that walks: of many, one at a time."""


class Feed(Protocol):
    """What is committed, told to whoever follows."""

    def follow(self, after: str | None) -> AsyncGenerator[Batch, None]:
        """What is committed from now on, or behind a position, in the order of its commits; without end.

        The first batch comes at once, and everything committed behind its position is told: new entries with all that
        a list would show of them, and entries whose count has grown. While the store is away, nothing comes; what was
        committed meanwhile comes later, or a batch says that there is a gap. Positions are texts that sort as the items
        do. Raises PositionLost where what came behind `after` is not known any more, and StoreUnavailable if the store
        is away at the start. Costs commits nothing while nobody follows.
        """


class StatisticsStore(Protocol):
    """What entries add up to. Everything committed before the call counts, all events of an entry, each once.

    Bounded in time: what is returned beside the answer says whether it is complete.
    """

    async def count_by_time(self, organisation_id: int, question: HistogramQuestion) -> tuple[Counts, bool]:
        """Events by bucket and level, of the entries that the question's filter chooses."""

    async def count_by_value(self, organisation_id: int, filters: EntryFilter) -> tuple[FacetCounts, bool]:
        """Events by level and by the values of fields, of the entries that match; the filter has both times."""

    async def list_groups(self, organisation_id: int, query: GroupQuery, size: int, place: Place | None) -> GroupPage:
        """A page of at most `size` groups, those behind a place of the list (None: from its beginning)."""

    async def get_group(self, organisation_id: int, group_id: str) -> FoundGroup | None:
        """A group of this organisation, None where none of its entries has the id (32 lower-case hex digits)."""

    async def set_group_state(self, organisation_id: int, group_id: str, state: GroupState) -> None:
        """Keep a decision about a group durably, in place of the one before."""


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

    async def read_settings(self, organisation_id: int | None) -> dict[int, dict[str, int]]:
        """What an organisation (None: each of all) has chosen, by the name of the setting; {} where nothing."""

    async def change_settings(self, organisation_id: int, changes: Mapping[str, int]) -> None:
        """Keep these settings of an organisation durably; the others stay."""

    async def record_audit(self, record: AuditRecord) -> None:
        """Keep a record durably."""

    async def list_audit(self, organisation_id: int, page: Page) -> AuditPage:
        """Records of an organisation, newest first. Raises InvalidField for a key that cannot be the store's."""

    async def add_received(self, events: Mapping[tuple[int, int], int]) -> None:
        """Add to how many events came, by organisation and minute since 1970. Minutes of long ago are forgotten."""

    async def read_received(self, organisation_id: int, from_minute: int) -> dict[int, int]:
        """How many events of an organisation came, by minute, from a minute on."""


class AdministrationStore(Directory, Expiry, Protocol):
    """What administration commands need of a store."""

    async def close(self) -> None:
        """Release everything."""


class Store(EntryStore[PreparedT], Expiry, Feed, StatisticsStore, Directory, Protocol):
    """All of it, and its life."""

    async def check(self) -> None:
        """Return if the store can be read and written now; raise StoreUnavailable with the reason if not."""

    async def maintain(self) -> None:
        """A bounded step of housekeeping: what windows and event ids that are over take goes, where that pays."""

    async def close(self) -> None:
        """Release everything. Committed data stays."""
