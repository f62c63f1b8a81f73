"""Histograms, facets and groups are read, and people decide about groups."""

from time import time_ns

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.query import parse_filter
from server.core.services import Services
from server.core.statistics import GroupSort, parse_sort, parse_statuses, parse_step, read_group_change
from server.http_api.answers import json_answer
from server.http_api.door import Handler, admit
from server.http_api.objects import read_object
from server.http_api.parameters import page_size_of, page_token_of, parameters_of
from server.http_api.statistics_answers import facets_body, group_body, group_page, histogram_body


def histogram_handler(services: Services) -> Handler:
    """`GET histogram`."""

    async def histogram(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        parameters = parameters_of(request)
        step = parameters.pop("step", None)
        filters = parse_filter(parameters, time_ns())
        counted = await services.statistics.histogram(key, filters, parse_step(step[-1]) if step else None)
        return json_answer(histogram_body(counted))

    return histogram


def facets_handler(services: Services) -> Handler:
    """`GET facets`."""

    async def facets(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        filters = parse_filter(parameters_of(request), time_ns())
        return json_answer(facets_body(await services.statistics.facets(key, filters)))

    return facets


def list_groups_handler(services: Services) -> Handler:
    """`GET groups`."""

    async def list_groups(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        parameters = parameters_of(request)
        statuses, sort = parameters.pop("status", []), parameters.pop("sort", None)
        page = await services.statistics.list_groups(
            key,
            parse_filter(parameters, time_ns()),
            statuses=parse_statuses(statuses),
            sort=parse_sort(sort[-1]) if sort else GroupSort.LAST_EVENT,
            page_size=page_size_of(parameters),
            page_token=page_token_of(parameters),
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
