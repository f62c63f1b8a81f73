"""Long lists in portions: a commit may have to wait for the write of one, never for all of them."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

EXPIRED_AT_ONCE = 100
"""Entries of one write of the purge, which goes on all the time."""
DELETED_AT_ONCE = 250
"""Entries of one write where somebody waits: of a deletion, or for room in a database that is full."""


def portions(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in order, so many at a time."""
    return (items[place : place + size] for place in range(0, len(items), size))
