"""What one request may have beside its bytes, in either encoding: decoded, values weigh many times what they did.

What a bound on the wire can be is a multiple of what it stands for, as each encoding has more words for the same.
"""

from server.core.errors import TooLarge, event_too_large, too_many_events

MAX_RECORDS = 100_000
"""Records in a request."""
MAX_BLOCKS = 20_000
"""Resources and scopes in a request."""
MAX_CONTEXT_BYTES = 256 * 1024
"""What a resource, or a scope, may have as an entry shows it: it is kept with each of its records."""
MAX_JSON_VALUES = 4_000_000
"""Objects, arrays and commas in a request in JSON."""

_PROTOBUF_BYTES_PER_BYTE = 3
_JSON_BYTES_PER_BYTE = 10


def require_context(size: int) -> None:
    """Refuse a resource or scope of more bytes than one may have."""
    if size > MAX_CONTEXT_BYTES:
        raise TooLarge(f"A resource or scope has {size} bytes; {MAX_CONTEXT_BYTES} are accepted.")


def require_protobuf_context(size: int) -> None:
    """The same before it is decoded, of its bytes in protobuf."""
    if size > _PROTOBUF_BYTES_PER_BYTE * MAX_CONTEXT_BYTES:
        require_context(size)


def require_json_context(size: int) -> None:
    """The same of its bytes in JSON."""
    if size > _JSON_BYTES_PER_BYTE * MAX_CONTEXT_BYTES:
        require_context(size)


def protobuf_record_bytes(max_event_bytes: int) -> int:
    """Above so many bytes in protobuf a record cannot be an event of the largest size."""
    return _PROTOBUF_BYTES_PER_BYTE * max_event_bytes + MAX_CONTEXT_BYTES


def json_record_bytes(max_event_bytes: int) -> int:
    """The same in JSON."""
    return _JSON_BYTES_PER_BYTE * max_event_bytes + MAX_CONTEXT_BYTES


def too_large_record(size: int) -> TooLarge:
    """The error for such a record."""
    return event_too_large(f"The record has {size} bytes: more than any event that is accepted.")


def too_many_records() -> TooLarge:
    """The error for a request with more records than it may have."""
    return _too_many(f"{MAX_RECORDS} records")


def too_many_blocks() -> TooLarge:
    """The same for resources and scopes."""
    return _too_many(f"{MAX_BLOCKS} resources and scopes")


def _too_many(what: str) -> TooLarge:
    return too_many_events(f"The request has more than {what}: send smaller batches.")
