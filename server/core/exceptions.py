"""What tells one exception from another: its type and its innermost frames, as far as the attributes have them.

The attributes are OpenTelemetry's, through whatever door they came: `exception.type`, `exception.message` and
`exception.stacktrace`. Line numbers, addresses, versions and hosts are no part of a frame.
"""

from functools import lru_cache
from typing import Any

import msgspec

from server.core.normaliser import mask, normalise
from server.core.stack_frames import innermost_frames

_TYPE_NAME = b'"exception.type"'
_LONGEST_TYPE = 200
_LONGEST_REMEMBERED = 8 * 1024
"""Characters of a stack trace; longer ones are read each time, which bounds the memory: 4 MiB of text."""
_REMEMBERED_STACKS = 512


class _Exception(msgspec.Struct, rename=lambda name: f"exception.{name}"):
    """Clients may send anything under these names."""

    type: Any = None
    message: Any = None
    stacktrace: Any = None


_decode = msgspec.json.Decoder(_Exception).decode


def exception_of(attributes: bytes, message: str) -> tuple[bytes, bytes] | None:
    """What groups an exception: which kind of answer it is, and the answer; None where no type is named.

    `attributes` is a compact JSON object or b"". The kind is b"exception" for type and frames, b"exception_message"
    for type and normalised message, where no frame could be read; `message` is the event's, for want of another.
    """
    found = _named(attributes)
    if found is None:
        return None
    name = found.type[:_LONGEST_TYPE].encode("utf-8", "surrogatepass")
    if isinstance(found.stacktrace, str) and (frames := _frames(found.stacktrace)):
        return b"exception", name + b"\n" + frames
    text = found.message if isinstance(found.message, str) and found.message else message
    return b"exception_message", name + b"\n" + normalise(mask(text))


def exception_title(attributes: bytes) -> str | None:
    """An exception's type and message, `TypeError: x is undefined`; None where the attributes name no type."""
    found = _named(attributes)
    if found is None:
        return None
    return f"{found.type}: {found.message}" if isinstance(found.message, str) and found.message else found.type


def _named(attributes: bytes) -> _Exception | None:
    """What the attributes have of an exception whose type they name."""
    # Almost every event ends here.
    if _TYPE_NAME not in attributes:
        return None
    found = _decode(attributes)
    return found if isinstance(found.type, str) and found.type else None


def _frames(stack: str) -> bytes:
    return _remembered_frames(stack) if len(stack) <= _LONGEST_REMEMBERED else _normalised_frames(stack)


def _normalised_frames(stack: str) -> bytes:
    return b"\n".join(normalise(mask(frame)) for frame in innermost_frames(stack))


_remembered_frames = lru_cache(maxsize=_REMEMBERED_STACKS)(_normalised_frames)
