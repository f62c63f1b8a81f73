"""Entries are read, and deleted."""

from time import time_ns

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.deletion import parse_deletion
from server.core.query import parse_filter
from server.core.services import Services
from server.http_api.answers import entry_body, entry_page, json_answer
from server.http_api.door import Handler, admit
from server.http_api.parameters import page_size_of, page_token_of, parameters_of


def list_entries_handler(services: Services) -> Handler:
    """`GET entries`."""

    async def list_entries(request: Request) -> HTTPResponse:
        key = await admit(services, request, "read")
        parameters = parameters_of(request)
        page = await services.reading.list_entries(
            key,
            parse_filter(parameters, time_ns()),
            page_size=page_size_of(parameters),
            page_token=page_token_of(parameters),
        )
        return entry_page(page)

    return list_entries


def get_entry_handler(services: Services) -> Handler:
    """`GET entries/{id}`."""

    async def get_entry(request: Request, entry_id: str) -> HTTPResponse:
        key = await admit(services, request, "read")
        return json_answer(entry_body(await services.reading.get_entry(key, entry_id)))

    return get_entry


def delete_entries_handler(services: Services) -> Handler:
    """`DELETE entries`: what the filters choose, or with `all=true` everything."""

    async def delete_entries(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        parameters = parameters_of(request)
        filters = parse_deletion(parameters, time_ns())
        return json_answer({"deleted": await services.deletion.delete(caller, filters)})

    return delete_entries
