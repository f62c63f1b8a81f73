"""What travels between the layers: immutable, slotted, cheap to build.

Instants are UTC nanoseconds since 1970 as int64 (`_time`), spans are nanoseconds or milliseconds and say so.
JSON that only passes through (`attributes`) travels as compact JSON bytes: it is measured, stored and answered
as it is, and decoded only where somebody looks inside.
"""

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

NANOSECONDS_PER_SECOND = 1_000_000_000
NANOSECONDS_PER_MILLISECOND = 1_000_000


class Level(IntEnum):
    """How much an event matters. The numbers are those of `tracking.v1.Level`."""

    INFO = 1
    SUCCESS = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        """The level as clients write it, in lower case."""
        return LEVEL_WORDS[self]


LEVEL_WORDS: dict[Level, str] = {level: level.name.lower() for level in Level}
LEVELS_BY_WORD: dict[str, Level] = {word: level for level, word in LEVEL_WORDS.items()}


class Outcome(StrEnum):
    """What became of one event: exactly one of these."""

    STORED = "stored"
    DEBOUNCED = "debounced"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    SHED = "shed"


class Door(StrEnum):
    """The protocol facade an event came through."""

    REST = "rest"
    GRPC = "grpc"
    OTLP_GRPC = "otlp_grpc"
    OTLP_HTTP = "otlp_http"


KeyKind = Literal["server", "browser"]
Scope = Literal["ingest", "read", "triage", "admin"]


class Debounce(msgspec.Struct, frozen=True):
    """Debouncing is on. An absent key is the group's fingerprint, an absent interval the organisation's default."""

    key: str | None = None
    interval_milliseconds: int | None = None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A credential of one organisation, without its secret.

    `organisation` is the organisation's name, `organisation_id` its number in the store. `rate` is in events a
    second: None = the server's default for the kind, 0 = unlimited. `otlp_debounce` and `otlp_component` are for
    OTLP's records that say nothing of these: None = nothing is added.
    """

    id: str
    organisation_id: int
    organisation: str
    kind: KeyKind
    scopes: frozenset[Scope]
    origins: tuple[str, ...] = ()
    name: str | None = None
    rate: int | None = None
    create_time: int = 0
    last_use_time: int | None = None
    revoke_time: int | None = None
    otlp_debounce: Debounce | None = None
    otlp_component: str | None = None


class RecordDetails(msgspec.Struct, frozen=True, array_like=True):
    """What only a record of OpenTelemetry has; as an array its fields stand in this order for ever, new ones go last.

    `body` is compact JSON, b"" where the message says it all. `resource` and `scope` are compact JSON objects just as
    an entry shows them (`{"attributes": {…}, "schemaUrl": …}`), b"" where nothing is known; the records of one block
    share theirs. Numbers are 0 and texts None where there was none.
    """

    body: bytes = b""
    severity_number: int = 0
    severity_text: str | None = None
    event_name: str | None = None
    flags: int = 0
    dropped_attributes_count: int = 0
    resource: bytes = b""
    scope: bytes = b""


class LogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as a client sent it, validated.

    `debounce`: None = not said, False = off, else how. `attributes` is a compact JSON object, b"" = none. `size` is the
    UTF-8 length of message, attributes and body; with `unread` attributes it may be more. `event_time` None = now.
    `event_count` > 1 only for pre-aggregated events, with `first_event_time` and `last_event_time` around
    `event_time`. `record` is what OTLP has beyond the other doors; only there a message may be empty.
    """

    message: str
    level: Level = Level.INFO
    size: int = 0
    send_notification: bool | None = None
    debounce: Debounce | Literal[False] | None = None
    event_id: str | None = None
    event_time: int | None = None
    service: str | None = None
    component: str | None = None
    code: str | None = None
    environment: str | None = None
    release: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    fingerprint: str | None = None
    attributes: bytes = b""
    unread: Callable[[], tuple[bytes, tuple[str, ...]]] | None = None
    """Gives the attributes and the warnings they earn, where reading them was put off: of a storm's repeats most are
    only counted. It cannot fail."""
    warnings: tuple[str, ...] = ()
    event_count: int = 1
    first_event_time: int | None = None
    last_event_time: int | None = None
    record: RecordDetails | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True, eq=False, weakref=True):
    """A request that must count once however often it is sent: `id_hash` is of its bytes and its organisation.

    One such object is one arrival; it has `size` events, good and bad, each at its position.
    """

    id_hash: bytes
    size: int


class Window(msgspec.Struct, frozen=True):
    """The debounce window an event asks for: `identity` = hash of (organisation, level, key)."""

    identity: bytes
    key: str
    interval: int
    """Nanoseconds."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to the store: everything the store needs, decided."""

    event: LogEvent
    organisation_id: int
    door: Door
    receive_time: int
    event_time: int
    window: Window | None = None
    id_hash: bytes | None = None
    request: Request | None = None
    position: int = 0
    """Its place in the request."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of an acknowledged event, and of the entry that holds it."""

    outcome: Outcome
    entry_id: str
    event_count: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One of the repeats of an entry; `event_count` is the entry's count once this event was added."""

    event_count: int
    event_time: int
    message: str
    attributes: bytes = b""
    trace_id: str | None = None
    span_id: str | None = None
    event_id: str | None = None


class Notification(msgspec.Struct, frozen=True):
    """Whether anybody was told. `requested` repeats `sendNotification`, None where it was absent."""

    requested: bool | None
    decision: str
    reason: str | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A tracking entry as it is read: one event, or one debounce window of events."""

    id: str
    organisation: str
    level: Level
    message: str
    event_count: int
    event_time: int
    receive_time: int
    first_event_time: int
    last_event_time: int
    expire_time: int
    door: str
    group_id: str
    notification: Notification
    service: str | None = None
    component: str | None = None
    code: str | None = None
    environment: str | None = None
    release: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_id: str | None = None
    fingerprint: str | None = None
    attributes: bytes = b""
    debounce_key: str | None = None
    window_end_time: int | None = None
    samples: tuple[Sample, ...] = ()
    warnings: tuple[str, ...] = ()
    record: RecordDetails | None = None


class EntryPage(msgspec.Struct, frozen=True):
    """Entries, newest first, and the key behind which the next page begins (None: that was all)."""

    entries: list[Entry]
    next_key: bytes | None
