"""What an event is in the collection `entries`: a document with the vocabulary's names, what is absent left out.

The collection holds two kinds. An entry's `_id` is bytes (`identity.py`); a page's is text: `CHAIN/NUMBER`.
A page is what one commit adds to one entry, until it is folded into that entry (`folding.py`). Both claim the event
ids they stand for in one unique index, so that an id counts once, however it came.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import bson
import msgspec
from bson.raw_bson import RawBSONDocument

from server.core.errors import event_too_large
from server.core.model import NANOSECONDS_PER_MILLISECOND, Submission, Window
from server.core.stored import Repeats, StoredEvent, first_totals, stored_event
from server.storage.mongo.fields import event_fields, record_size
from server.storage.mongo.identity import EntryIds

_LENGTH_BYTES = 4
_ID_AT = 14
"""Where an encoded document's bytes of `_id` begin: behind the document's length, and type, name, length and subtype
of its first member."""
_EVENT_OVERHEAD_BYTES = 1024
"""What an event costs in memory beside its own bytes while it waits for its commit."""
_MAX_EVENT_BYTES = 12 * 1024 * 1024
"""A document may have 16 MiB; what is left is for totals and for the ids of 100,000 events, which one request may have
for one window."""


class PreparedEvent(msgspec.Struct, frozen=True):
    """An event with what a commit has to know about it; `document` is what a plain one is stored as.

    An event of a window has none: most of them only add to the totals of an entry. `claim` is what the document that
    stands for the event claims for it: its id, or what the events of one request for one window have in common.
    `prepared_as` is the id that it got here, whatever it is stored under.
    """

    document_id: bytes
    document: RawBSONDocument | None
    source: Submission
    size: int
    level_word: str
    organisation: int
    totals: Repeats
    window: Window | None
    claim: bytes | None
    prepared_as: bytes

    @property
    def event(self) -> StoredEvent:
        """What is kept of it, where it is an entry's first event or a sample."""
        return stored_event(self.source)

    @property
    def event_count(self) -> int:
        """How many events it stands for."""
        return self.totals.event_count

    @property
    def occurrence(self) -> Hashable:
        """What is equal for what may count but once: None for an event that is only equal to itself."""
        source = self.source
        if source.id_hash is not None or source.request is None:
            return source.id_hash
        return source.request.id_hash, source.position

    def renamed(self, document_id: bytes) -> "PreparedEvent":
        """The same plain event under another id of the same length; its document says what it was prepared as."""
        assert self.document is not None
        encoded = bytes(self.document.raw)
        origin = bson.encode({"prepared_as": self.prepared_as})[_LENGTH_BYTES:]
        members = encoded[_LENGTH_BYTES:_ID_AT] + document_id + encoded[_ID_AT + len(document_id) : -1] + origin
        length = (_LENGTH_BYTES + len(members)).to_bytes(_LENGTH_BYTES, "little")
        return msgspec.structs.replace(self, document_id=document_id, document=RawBSONDocument(length + members))


def prepare(submission: Submission, ids: EntryIds, now: int) -> PreparedEvent:
    """Encode one event, with the time its id is claimed. Raises what `bson` raises, for this event alone."""
    milliseconds = submission.event_time // NANOSECONDS_PER_MILLISECOND
    document_id = ids.take(submission.organisation_id, milliseconds, submission.request, submission.position)
    document = None
    if submission.window is None:
        document = RawBSONDocument(bson.encode(_plain(document_id, submission, stored_event(submission), now)))
        size = len(document.raw)
    else:
        size = _encoded_size(submission)
    if size > _MAX_EVENT_BYTES:
        raise event_too_large(f"The event would take {size} bytes in MongoDB; {_MAX_EVENT_BYTES} fit into a document.")
    return PreparedEvent(
        document_id,
        document,
        submission,
        2 * size + _EVENT_OVERHEAD_BYTES,
        submission.event.level.word,
        submission.organisation_id,
        first_totals(submission),
        submission.window,
        _claim(submission),
        document_id,
    )


def origin_of(document: Mapping[str, Any]) -> Any:
    """What a document was prepared as: its own id, unless its writer took that over from another attempt."""
    return document.get("prepared_as", document["_id"])


def _claim(submission: Submission) -> bytes | None:
    """An event of a window has no document of its own: without an id it is known again with its request."""
    request = submission.request
    if submission.id_hash is not None or submission.window is None or request is None:
        return submission.id_hash
    return _request_claim(request.id_hash, submission.window.identity)


# Remembered, because a request asks for one window again and again.
@lru_cache(maxsize=4096)
def _request_claim(request_hash: bytes, identity: bytes) -> bytes:
    """One name for all events of a request that ask for one window: they are always written as one document."""
    return blake2b(request_hash + identity, digest_size=16, person=b"window").digest()


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


def _encoded_size(submission: Submission) -> int:
    """Roughly; raises what encoding the event would: when it is encoded in the end, others depend on it."""
    event = submission.event
    if event.unread is not None:
        # Its texts are protobuf's, which are valid.
        return event.size
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
        None if submission.window is None else submission.window.key,
    )
    return len("".join(filter(None, texts)).encode()) + len(event.attributes) + record_size(event.record)


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
