"""What an event is in the collection `entries`: a document with the vocabulary's names, what is absent left out.

The collection holds two kinds. An entry's `_id` is bytes (`identity.py`); a page's is text: `CHAIN/NUMBER`.
A page is what one commit adds to one entry, until it is folded into that entry (`folding.py`). Both claim the event
ids they stand for in one unique index, so that an id counts once, however it came.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import bson
import msgspec
from bson.raw_bson import RawBSONDocument

from server.core.errors import TooLarge
from server.core.model import NANOSECONDS_PER_MILLISECOND, Level, Submission, Window
from server.core.stored import Repeats, StoredEvent, first_repeats, stored_event
from server.storage.mongo.identity import EntryIds

_EVENT_OVERHEAD_BYTES = 1024
"""What an event costs in memory beside its own bytes while it waits for its commit."""
_MAX_EVENT_BYTES = 14 * 1024 * 1024
"""A document may have 16 MiB; what is left is for ids and totals."""
_TEXTS = (
    "service",
    "component",
    "code",
    "environment",
    "release",
    "trace_id",
    "span_id",
    "event_id",
    "fingerprint",
    "debounce_key",
    "requested",
    "first_event_time",
    "last_event_time",
)


class PreparedEvent(msgspec.Struct, frozen=True):
    """An event with what a commit has to know about it; `document` is what a plain one is stored as.

    An event of a window has none: most of them only add to the totals of an entry.
    """

    document_id: bytes
    document: RawBSONDocument | None
    event: StoredEvent
    size: int
    level_word: str
    organisation: int
    totals: Repeats
    window: Window | None
    id_hash: bytes | None

    @property
    def event_count(self) -> int:
        """How many events it stands for."""
        return self.totals.event_count


def prepare(submission: Submission, ids: EntryIds, now: int) -> PreparedEvent:
    """Encode one event, with the time its id is claimed. Raises what `bson` raises, for this event alone."""
    event = stored_event(submission)
    document_id = ids.take(submission.organisation_id, submission.event_time // NANOSECONDS_PER_MILLISECOND)
    document = None
    if submission.window is None:
        document = RawBSONDocument(bson.encode(_plain(document_id, submission, event, now)))
    size = _encoded_size(event) if document is None else len(document.raw)
    if size > _MAX_EVENT_BYTES:
        raise TooLarge(
            f"The event would take {size} bytes in MongoDB; {_MAX_EVENT_BYTES} fit into a document.",
            code="EVENT_TOO_LARGE",
            message="Event too large",
        )
    return PreparedEvent(
        document_id,
        document,
        event,
        2 * size + _EVENT_OVERHEAD_BYTES,
        submission.event.level.word,
        submission.organisation_id,
        first_repeats(event, submission.event.event_count),
        submission.window,
        submission.id_hash,
    )


def _plain(document_id: bytes, submission: Submission, event: StoredEvent, now: int) -> dict[str, Any]:
    fields = {
        "_id": document_id,
        "organisation": submission.organisation_id,
        "event_count": submission.event.event_count,
        **event_fields(event),
    }
    if submission.id_hash is not None:
        fields.update(claims([submission.id_hash], now))
    return fields


def _encoded_size(event: StoredEvent) -> int:
    """Roughly; raises what encoding the event would: when it is encoded in the end, others depend on it."""
    texts = (
        event.message,
        event.service,
        event.component,
        event.code,
        event.environment,
        event.release,
        event.trace_id,
        event.span_id,
        event.event_id,
        event.fingerprint,
        event.debounce_key,
    )
    return len("".join(filter(None, texts)).encode()) + len(event.attributes)


def claims(id_hashes: Sequence[bytes], now: int) -> dict[str, Any]:
    """The fields by which a document claims event ids."""
    return {"event_ids": list(id_hashes), "claim_time": now} if id_hashes else {}


def forget_claims(id_hashes: Sequence[bytes]) -> list[dict[str, Any]]:
    """An update that gives ids up; of an empty list the unique index would think that all are equal."""
    kept = {"$filter": {"input": "$event_ids", "cond": {"$not": [{"$in": ["$$this", list(id_hashes)]}]}}}
    return [
        {"$set": {"event_ids": kept}},
        {"$set": {"event_ids": {"$cond": [{"$eq": [{"$size": "$event_ids"}, 0]}, "$$REMOVE", "$event_ids"]}}},
    ]


def event_fields(event: StoredEvent) -> dict[str, Any]:
    """An event's own fields; times stay nanoseconds, which BSON's dates cannot hold."""
    fields: dict[str, Any] = {
        "level": int(event.level),
        "message": event.message,
        "event_time": event.event_time,
        "receive_time": event.receive_time,
        "door": event.door,
    }
    for name in _TEXTS:
        value = getattr(event, name)
        if value is not None:
            fields[name] = value
    if event.attributes:
        fields["attributes"] = event.attributes.decode()
    if event.warnings:
        fields["warnings"] = list(event.warnings)
    return fields


def event_of(document: Mapping[str, Any]) -> StoredEvent:
    """The event in a document."""
    get = document.get
    return StoredEvent(
        message=document["message"],
        level=Level(document["level"]),
        event_time=document["event_time"],
        receive_time=document["receive_time"],
        door=document["door"],
        attributes=get("attributes", "").encode(),
        warnings=tuple(get("warnings", ())),
        **{name: get(name) for name in _TEXTS},
    )


def totals_of(document: Mapping[str, Any], event: StoredEvent) -> Repeats:
    """What an entry's document says of its events so far: folded pages included, the others not."""
    first = first_repeats(event, document["event_count"])
    return Repeats(
        first.event_count,
        document.get("total_first_event_time", first.first_event_time),
        document.get("total_last_event_time", first.last_event_time),
        document.get("last_receive_time", first.last_receive_time),
        document.get("total_requested", first.requested),
    )
