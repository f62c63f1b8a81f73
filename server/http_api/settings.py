"""The settings of the caller's organisation."""

import msgspec
from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.changing_settings import Preview
from server.core.errors import InvalidField
from server.core.organisation_settings import read_settings_changes, settings_json
from server.core.retention import totals_of
from server.core.services import Services
from server.http_api.answers import json_answer
from server.http_api.door import Handler, admit
from server.http_api.objects import read_object
from server.http_api.parameters import parameters_of


def get_settings_handler(services: Services) -> Handler:
    """`GET settings`."""

    async def get_settings(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "read")
        return json_answer(settings_json(await services.settings.get(caller)))

    return get_settings


def put_settings_handler(services: Services) -> Handler:
    """`PUT settings`: what the body names changes, or would change with `?dryRun=true`."""

    async def put_settings(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        dry_run = read_switch(request, "dryRun")
        changes = read_settings_changes(await read_object(services, request))
        if dry_run:
            return _previewed(await services.settings.preview(caller, changes))
        return json_answer(settings_json(await services.settings.change(caller, changes)))

    return put_settings


def read_switch(request: Request, name: str) -> bool:
    """A query parameter that is `true` or `false`, or absent, which is false. Raises InvalidField."""
    values = set(parameters_of(request).get(name, ()))
    if values - {"true", "false"} or len(values) > 1:
        raise InvalidField(f"{name} must be true or false.", message=f"Invalid {name}", field=name)
    return values == {"true"}


def _previewed(preview: Preview) -> HTTPResponse:
    deletes = {**msgspec.structs.asdict(totals_of(preview.levels)), "complete": preview.complete}
    return json_answer({**settings_json(preview.settings), "deletes": deletes})
