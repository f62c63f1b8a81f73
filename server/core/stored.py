"""An event as stores keep it, and the entry that comes of it: one meaning for every store."""

from collections.abc import Sequence

import msgspec

from server.core.fingerprint import group_id
from server.core.model import Entry, Level, RecordDetails, Sample, Submission
from server.core.notifications import decide
from server.core.retention import expire_time

_NO_RECORD = RecordDetails()


class StoredEvent(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of an event; as an array its fields stand in this order for ever, new ones go to the end.

    Times are nanoseconds. It has all that a filter looks at.
    """

    message: str
    level: Level
    event_time: int
    receive_time: int
    door: str
    attributes: bytes = b""
    service: str | None = None
    component: str | None = None
    code: str | None = None
    environment: str | None = None
    release: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_id: str | None = None
    fingerprint: str | None = None
    debounce_key: str | None = None
    requested: bool | None = None
    warnings: tuple[str, ...] = ()
    first_event_time: int | None = None
    last_event_time: int | None = None
    record: RecordDetails | None = None

    @property
    def group_id(self) -> str:
        """The group: a pure function of what is stored."""
        return group_id(
            service=self.service,
            component=self.component,
            message=self.message,
            fingerprint=self.fingerprint,
            attributes=self.attributes,
        )


class Repeats(msgspec.Struct, frozen=True):
    """What an entry's repeats added up to; `event_count` includes the first event."""

    event_count: int
    first_event_time: int
    last_event_time: int
    last_receive_time: int
    requested: bool | None


def stored_event(submission: Submission) -> StoredEvent:
    """What is kept of a submitted event."""
    event, window = submission.event, submission.window
    attributes, warnings = event.attributes, event.warnings
    if event.unread is not None:
        attributes, more = event.unread()
        warnings = (*warnings, *more)
    return StoredEvent(
        event.message,
        event.level,
        submission.event_time,
        submission.receive_time,
        submission.door.value,
        attributes,
        event.service,
        event.component,
        event.code,
        event.environment,
        event.release,
        event.trace_id,
        event.span_id,
        event.event_id,
        event.fingerprint,
        None if window is None else window.key,
        event.send_notification,
        warnings,
        event.first_event_time,
        event.last_event_time,
        event.record if event.record != _NO_RECORD else None,
    )


def first_repeats(event: StoredEvent, event_count: int) -> Repeats:
    """The totals of an entry that has its first event alone."""
    return Repeats(
        event_count,
        event.event_time if event.first_event_time is None else event.first_event_time,
        event.event_time if event.last_event_time is None else event.last_event_time,
        event.receive_time,
        event.requested,
    )


def first_totals(submission: Submission) -> Repeats:
    """The same of an event that is on its way."""
    event, event_time = submission.event, submission.event_time
    return Repeats(
        event.event_count,
        event_time if event.first_event_time is None else event.first_event_time,
        event_time if event.last_event_time is None else event.last_event_time,
        submission.receive_time,
        event.send_notification,
    )


def entry_of(
    *,
    entry_id: str,
    organisation: str,
    event: StoredEvent,
    window_end: int | None,
    repeats: Repeats,
    samples: Sequence[Sample],
) -> Entry:
    """An entry from its first event, what repeats added, and its samples."""
    return Entry(
        id=entry_id,
        organisation=organisation,
        level=event.level,
        message=event.message,
        event_count=repeats.event_count,
        event_time=event.event_time,
        receive_time=event.receive_time,
        first_event_time=repeats.first_event_time,
        last_event_time=repeats.last_event_time,
        expire_time=expire_time(event.level, repeats.last_receive_time),
        door=event.door,
        group_id=event.group_id,
        notification=decide(repeats.requested),
        service=event.service,
        component=event.component,
        code=event.code,
        environment=event.environment,
        release=event.release,
        trace_id=event.trace_id,
        span_id=event.span_id,
        event_id=event.event_id,
        fingerprint=event.fingerprint,
        attributes=event.attributes,
        debounce_key=event.debounce_key,
        window_end_time=window_end,
        samples=tuple(samples),
        warnings=event.warnings,
        record=event.record,
    )


def sample_of(event: StoredEvent, event_count: int) -> Sample:
    """A repeat as a sample; `event_count` is the entry's count with it."""
    return Sample(
        event_count=event_count,
        event_time=event.event_time,
        message=event.message,
        attributes=event.attributes,
        trace_id=event.trace_id,
        span_id=event.span_id,
        event_id=event.event_id,
    )
