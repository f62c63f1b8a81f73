"""The query parameters of a request, and those of them that every list has."""

from collections.abc import Mapping, Sequence

from sanic.request import Request

from server.core.query import DEFAULT_PAGE_SIZE, parse_page_size

Parameters = dict[str, list[str]]


def parameters_of(request: Request) -> Parameters:
    """All parameters, each with its values in their order, empty ones too."""
    return dict(request.get_args(keep_blank_values=True))


def page_size_of(parameters: Mapping[str, Sequence[str]]) -> int:
    """How long a page may be; of several sizes the last one counts. Raises InvalidField, INVALID_PAGE_SIZE."""
    sizes = parameters.get("pageSize")
    return parse_page_size(sizes[-1]) if sizes else DEFAULT_PAGE_SIZE


def page_token_of(parameters: Mapping[str, Sequence[str]]) -> str | None:
    """Where a page goes on, None for the first page; of several tokens the last one counts."""
    tokens = parameters.get("pageToken")
    return tokens[-1] if tokens else None
