"""Pages of a list: how large, and where they begin."""

import msgspec

from server.core.errors import InvalidField

DEFAULT_PAGE_SIZE = 50
"""Entries on a page unless the reader says otherwise."""
MAX_PAGE_BYTES = 16 * 1024 * 1024
"""What the entries of a page may hold before it ends early: large entries make short pages."""
MAX_PAGE_SIZE = 1000
"""Entries on one page, at most."""


class Page(msgspec.Struct, frozen=True):
    """How many entries, and behind which key of the store they begin (None: at the newest)."""

    size: int = DEFAULT_PAGE_SIZE
    before_key: bytes | None = None


def parse_page_size(text: str) -> int:
    """A page size in a query parameter. Raises InvalidField, INVALID_PAGE_SIZE."""
    return check_page_size(int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0)


def check_page_size(size: int) -> int:
    """The same size if a page may have it, 1 to 1,000. Raises InvalidField, INVALID_PAGE_SIZE."""
    if 1 <= size <= MAX_PAGE_SIZE:
        return size
    raise InvalidField(
        f"pageSize must be a whole number from 1 to {MAX_PAGE_SIZE}.",
        code="INVALID_PAGE_SIZE",
        message="Invalid page size",
        field="pageSize",
    )
