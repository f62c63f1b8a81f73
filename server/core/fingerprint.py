"""Which group an event belongs to: a pure function of what is stored of it, the level apart."""

from functools import lru_cache
from hashlib import blake2b

from server.core.exceptions import exception_of
from server.core.normaliser import NORMALISER_VERSION, mask, normalise

_DIGEST_BYTES = 16
_REMEMBERED_MESSAGES = 8192
"""Twice what an indexer reads at once: it asks for each group more than once."""
_LONGEST_REMEMBERED_BYTES = 1024
"""Longer messages are not remembered, which bounds the memory: 8 MiB of messages."""
_LONGEST_TITLE = 200
_TITLE_SEARCH = 4096


def group_id(
    *, service: str | None, component: str | None, message: str, fingerprint: str | None, attributes: bytes = b""
) -> str:
    """32 lower-case hex digits, equal for the events of one group.

    The client's own fingerprint, where there is one, stands for the message; or else the exception that the
    attributes (a compact JSON object) name. The service, or else the component, keeps equal messages of different
    sources apart; OTLP's `unknown_service` is none.
    """
    source = service if service and not _is_unknown(service) else component or ""
    if fingerprint:
        return _digest(source, b"fingerprint", fingerprint.encode())
    if (exception := exception_of(attributes, message)) is not None:
        return _digest(source, *exception)
    masked = mask(message)
    if len(masked) <= _LONGEST_REMEMBERED_BYTES:
        return _remembered_group(source, masked)
    return _message_group(source, masked)


def title(message: str) -> str:
    """What a group is called: the first line of its message that is not blank, at most 200 characters."""
    for line in message.lstrip()[:_TITLE_SEARCH].splitlines():
        text = line.rstrip()
        return text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1] + "…"
    return ""


def _is_unknown(service: str) -> bool:
    return service == "unknown_service" or service.startswith("unknown_service:")


def _message_group(source: str, masked: bytes) -> str:
    return _digest(source, b"message", normalise(masked))


_remembered_group = lru_cache(maxsize=_REMEMBERED_MESSAGES)(_message_group)


def _digest(source: str, kind: bytes, text: bytes) -> str:
    """`kind` says what the group is made of, so that equal bytes of two kinds are two groups."""
    parts = (b"%d" % NORMALISER_VERSION, source.encode(), kind, text)
    return blake2b(b"".join(b"%d:%b" % (len(part), part) for part in parts), digest_size=_DIGEST_BYTES).hexdigest()
