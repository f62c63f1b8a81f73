"""Histograms, facets and groups are read, and people decide about groups."""

from time import time_ns

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.query import DEFAULT_PAGE_SIZE, parse_filter, parse_page_size
from server.core.services import Services
from server.core.statistics import GroupSort, parse_sort, parse_statuses, parse_step, read_group_change
from server.http_api.answers import json_answer
from server.http_api.door import Handler, admit
from server.http_api.objects import read_object
from server.http_api.statistics_answers import facets_body, group_body, group_page, histogram_body

Parameters = dict[str, list[str]]


def histogram_handler(services: Services) -> Handler:
    """`GET histogram`."""

    async def histogram(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        parameters = _parameters(request)
        step = parameters.pop("step", None)
        filters = parse_filter(parameters, time_ns())
        counted = await services.statistics.histogram(key, filters, parse_step(step[-1]) if step else None)
        return json_answer(histogram_body(counted))

    return histogram


def facets_handler(services: Services) -> Handler:
    """`GET facets`."""

    async def facets(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        filters = parse_filter(_parameters(request), time_ns())
        return json_answer(facets_body(await services.statistics.facets(key, filters)))

    return facets


def list_groups_handler(services: Services) -> Handler:
    """`GET groups`."""

    async def list_groups(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        parameters = _parameters(request)
        statuses, sort = parameters.pop("status", []), parameters.pop("sort", None)
        page_size, page_token = parameters.get("pageSize"), parameters.get("pageToken")
        page = await services.statistics.list_groups(
            key,
            parse_filter(parameters, time_ns()),
            statuses=parse_statuses(statuses),
            sort=parse_sort(sort[-1]) if sort else GroupSort.LAST_EVENT,
            page_size=parse_page_size(page_size[-1]) if page_size else DEFAULT_PAGE_SIZE,
            page_token=page_token[-1] if page_token else None,
        )
        return json_answer(group_page(page))

    return list_groups


def get_group_handler(services: Services) -> Handler:
    """`GET groups/{id}`."""

    async def get_group(request: Request, group_id: str) -> HTTPResponse:
        key = await admit(services, request, "read")
        return json_answer(group_body(await services.statistics.get_group(key, group_id)))

    return get_group


def change_group_handler(services: Services) -> Handler:
    """`PATCH groups/{id}`."""

    async def change_group(request: Request, group_id: str) -> HTTPResponse:
        key = await admit(services, request, "triage")
        change = read_group_change(await read_object(services, request), time_ns())
        return json_answer(group_body(await services.statistics.change_group(key, group_id, change)))

    return change_group


def _parameters(request: Request) -> Parameters:
    return dict(request.get_args(keep_blank_values=True))
