"""How a list goes on: tokens that know where they came from.

A token holds the key behind which the next page begins and the times that a relative `from` or `to` meant on the
first page, sealed with a digest over both, the filter and the organisation. The seal is no secret: stores take a key
from a token for what it is, a place in what its sender may read, whatever it says.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec

from server.core.errors import InvalidField
from server.core.query import EntryFilter

_VERSION = 1
_HEAD = struct.Struct(">Bqq")
"""Version, from, to; a time that the filter itself says exactly stands as 0. The store's key follows, then the seal."""
_SEAL_BYTES = 14
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def encode_page_token(key: bytes, filters: EntryFilter, organisation_id: int) -> str:
    """The token of the page that begins behind a key of the store, for this filter and organisation alone."""
    from_time = filters.from_time if filters.from_age is not None else None
    to_time = filters.to_time if filters.to_age is not None else None
    content = _HEAD.pack(_VERSION, from_time or 0, to_time or 0) + key
    return _encode_text(content + _seal(content, filters, organisation_id))


def decode_page_token(token: str, filters: EntryFilter, organisation_id: int) -> tuple[bytes, EntryFilter]:
    """The key in a token, and the filter with the times of the first page where it asked for relative ones.

    Raises InvalidField, INVALID_PAGE_TOKEN, for anything but a token made for this filter and organisation.
    """
    sealed = _decode_text(token)
    content = sealed[:-_SEAL_BYTES]
    if len(content) < _HEAD.size or sealed != content + _seal(content, filters, organisation_id):
        raise invalid_page_token()
    version, from_time, to_time = _HEAD.unpack_from(content)
    if version != _VERSION:
        raise invalid_page_token()
    return content[_HEAD.size :], msgspec.structs.replace(
        filters,
        from_time=filters.from_time if filters.from_age is None else from_time,
        to_time=filters.to_time if filters.to_age is None else to_time,
    )


def seal_list_token(key: bytes, name: str, organisation_id: int) -> str:
    """The token of the page that begins behind a key of another list, one without filters."""
    content = bytes([_VERSION]) + key
    return _encode_text(content + _list_seal(content, name, organisation_id))


def open_list_token(token: str, name: str, organisation_id: int) -> bytes:
    """The key in a token of this list. Raises InvalidField, INVALID_PAGE_TOKEN, for any other token."""
    sealed = _decode_text(token)
    content = sealed[:-_SEAL_BYTES]
    if content[:1] != bytes([_VERSION]) or sealed != content + _list_seal(content, name, organisation_id):
        raise invalid_page_token()
    return content[1:]


def _list_seal(content: bytes, name: str, organisation_id: int) -> bytes:
    return blake2b(content + _encode((organisation_id, name)), digest_size=_SEAL_BYTES).digest()


def _seal(content: bytes, filters: EntryFilter, organisation_id: int) -> bytes:
    question = msgspec.structs.replace(
        filters,
        from_time=filters.from_time if filters.from_age is None else None,
        to_time=filters.to_time if filters.to_age is None else None,
    )
    return blake2b(content + _encode((organisation_id, question)), digest_size=_SEAL_BYTES).digest()


def _encode_text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _decode_text(token: str) -> bytes:
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
    # The decoder skips what it does not know; a token has one spelling.
    return sealed if _encode_text(sealed) == token else b""


def invalid_page_token() -> InvalidField:
    """The error for a token that no page of this query had; stores raise it for a key that cannot be theirs."""
    return InvalidField(
        "pageToken must be the nextPageToken of a page of the same query, sent with the same filters.",
        code="INVALID_PAGE_TOKEN",
        message="Invalid page token",
        field="pageToken",
    )
