"""Compressed bodies, inflated piece by piece: memory stays flat whatever a body pretends to be."""

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from server.core.errors import InvalidJson, UnsupportedMediaType

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK_BYTES = 256 * 1024
"""The most that is inflated in one step."""

# RFC 9659: a body that needs a larger window is not for HTTP.
_MAX_ZSTD_WINDOW_LOG = 23


class _Member(Protocol):
    """One self-contained compressed stream; a body may be several of them in a row."""

    ended: bool
    rest: bytes

    def step(self, data: bytes) -> bytes:
        """Inflate at most one block. `rest` is what was not used; an empty block asks for more data."""


class _ZlibMember:
    def __init__(self, window_bits: int) -> None:
        self._inflater = zlib.decompressobj(window_bits)
        self.ended = False
        self.rest = b""

    def step(self, data: bytes) -> bytes:
        inflater = self._inflater
        block = inflater.decompress(data, BLOCK_BYTES)
        self.ended = inflater.eof
        self.rest = inflater.unused_data if self.ended else inflater.unconsumed_tail
        return block


class _ZstdFrame:
    def __init__(self) -> None:
        self._inflater = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _MAX_ZSTD_WINDOW_LOG}
        )
        self.ended = False
        self.rest = b""

    def step(self, data: bytes) -> bytes:
        block = self._inflater.decompress(data, BLOCK_BYTES)
        self.ended = self._inflater.eof
        self.rest = self._inflater.unused_data if self.ended else b""
        return block


def _deflate_member(first: bytes) -> _Member:
    """RFC 9110 says zlib, some clients send raw deflate: a zlib header's low four bits are 8, a raw block's never."""
    return _ZlibMember(zlib.MAX_WBITS if first[0] & 0x0F == 8 else -zlib.MAX_WBITS)


def _gzip_member(_: bytes) -> _Member:
    return _ZlibMember(zlib.MAX_WBITS + 16)


def _zstd_frame(_: bytes) -> _Member:
    return _ZstdFrame()


_CODINGS: dict[str, Callable[[bytes], _Member]] = {
    "gzip": _gzip_member,
    "x-gzip": _gzip_member,
    "deflate": _deflate_member,
    "zstd": _zstd_frame,
}
_IN_ONE_MEMBER = "deflate"
ACCEPTED_CODINGS = "gzip, deflate, zstd"


class Inflater:
    """Inflates one body of a Content-Encoding; raises UnsupportedMediaType for one that is not known."""

    def __init__(self, coding: str) -> None:
        new_member = _CODINGS.get(coding)
        if new_member is None:
            raise UnsupportedMediaType(f"This Content-Encoding is not read; send one of {ACCEPTED_CODINGS}, or none.")
        self._coding = coding
        self._new_member = new_member
        self._member: _Member | None = None

    def blocks(self, piece: bytes) -> Iterator[bytes]:
        """What one piece of the body inflates to, in blocks of at most `BLOCK_BYTES`; raises InvalidJson if broken."""
        try:
            yield from self._steps(piece)
        except (zlib.error, zstd.ZstdError) as error:
            raise _broken(self._coding) from error

    def _steps(self, data: bytes) -> Iterator[bytes]:
        block = b""
        while data or block:
            if self._member is None or self._member.ended:
                if not data:
                    return
                self._begin_member(data)
            assert self._member is not None
            block = self._member.step(data)
            data = self._member.rest
            yield block

    def _begin_member(self, data: bytes) -> None:
        if self._member is not None and self._coding == _IN_ONE_MEMBER:
            raise _broken(self._coding)
        self._member = self._new_member(data)

    def finish(self) -> None:
        """The body has ended: raises InvalidJson if what it holds has not."""
        if self._member is None or not self._member.ended:
            raise _broken(self._coding)


def _broken(coding: str) -> InvalidJson:
    return InvalidJson(
        f"The body could not be inflated: it is not (or not all of) what 'Content-Encoding: {coding}' says.",
        message="Cannot be inflated",
    )
