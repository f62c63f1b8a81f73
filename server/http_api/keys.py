"""API keys of the caller's organisation are administered."""

from sanic.request import Request
from sanic.response import HTTPResponse, empty

from server.core.administration import Organisation
from server.core.key_requests import read_key_changes, read_new_key
from server.core.services import Services
from server.http_api.answers import json_answer, key_body, key_list
from server.http_api.door import Handler, admit
from server.http_api.objects import read_object


def create_key_handler(services: Services) -> Handler:
    """`POST keys`: the only answer that has the secret."""

    async def create_key(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        new = read_new_key(await read_object(services, request))
        organisation = Organisation(caller.organisation_id, caller.organisation)
        key, secret = await services.administration.create_key(organisation, new, caller.id)
        return json_answer(key_body(key, secret), 201)

    return create_key


def list_keys_handler(services: Services) -> Handler:
    """`GET keys`."""

    async def list_keys(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        return key_list(await services.administration.list_keys(caller.organisation_id))

    return list_keys


def change_key_handler(services: Services) -> Handler:
    """`PATCH keys/{id}`."""

    async def change_key(request: Request, key_id: str) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        changes = read_key_changes(await read_object(services, request))
        key = await services.administration.change_key(key_id, changes, caller.organisation_id, caller.id)
        services.admission.forget(key_id)
        return json_answer(key_body(key))

    return change_key


def revoke_key_handler(services: Services) -> Handler:
    """`DELETE keys/{id}`."""

    async def revoke_key(request: Request, key_id: str) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        await services.administration.revoke_key(key_id, caller.organisation_id, caller.id)
        services.admission.forget(key_id)
        return empty()

    return revoke_key
