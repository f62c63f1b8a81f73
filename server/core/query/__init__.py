"""What a reader asks for, and whether an entry is it: one meaning of a filter for every door and every store."""

from server.core.query.conditions import Comparison, Condition
from server.core.query.filters import EntryFilter, make_filter
from server.core.query.language import parse_query
from server.core.query.matching import Searchable, matches
from server.core.query.pages import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_BYTES,
    MAX_PAGE_SIZE,
    Page,
    check_page_size,
    parse_page_size,
)
from server.core.query.parameters import narrow, parse_filter
from server.core.query.rendering import format_query

__all__ = [
    "DEFAULT_PAGE_SIZE",
    "MAX_PAGE_BYTES",
    "MAX_PAGE_SIZE",
    "Comparison",
    "Condition",
    "EntryFilter",
    "Page",
    "Searchable",
    "check_page_size",
    "format_query",
    "make_filter",
    "matches",
    "narrow",
    "parse_filter",
    "parse_page_size",
    "parse_query",
]
