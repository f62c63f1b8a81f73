"""The routes of the REST door, to be read in one go."""

from collections.abc import Mapping
from functools import partial

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.services import Services
from server.http_api.audit import list_audit_handler
from server.http_api.door import Handler, handle
from server.http_api.entries import delete_entries_handler, get_entry_handler, list_entries_handler
from server.http_api.errors import answer_to
from server.http_api.event_stream import Opener, handle_stream
from server.http_api.ingest import log_batch_handler, log_handler
from server.http_api.keys import change_key_handler, create_key_handler, list_keys_handler, revoke_key_handler
from server.http_api.openapi import openapi_handler
from server.http_api.operations import livez, metrics_handler, readyz_handler
from server.http_api.settings import get_settings_handler, put_settings_handler
from server.http_api.statistics import (
    change_group_handler,
    facets_handler,
    get_group_handler,
    histogram_handler,
    list_groups_handler,
)
from server.http_api.tail import tail_opener
from server.http_api.usage import get_usage_handler
from server.transport.http.app import App, new_app

_API = "/api/v1/tracking"


def build_app(services: Services, name: str) -> App:
    """The door as a Sanic application; the name has to be new in this process."""
    app = new_app(name, on_error=_answer_error)
    route = partial(_add_route, app, services)
    route(f"{_API}/log", POST=log_handler(services), ingests=True)
    route(f"{_API}/log/batch", POST=log_batch_handler(services), ingests=True)
    route(f"{_API}/entries", GET=list_entries_handler(services), DELETE=delete_entries_handler(services))
    _add_stream(app, services, f"{_API}/entries/tail", tail_opener(services))
    route(f"{_API}/entries/<entry_id:str>", GET=get_entry_handler(services))
    route(f"{_API}/histogram", GET=histogram_handler(services))
    route(f"{_API}/facets", GET=facets_handler(services))
    route(f"{_API}/groups", GET=list_groups_handler(services))
    route(f"{_API}/groups/<group_id:str>", GET=get_group_handler(services), PATCH=change_group_handler(services))
    route(f"{_API}/keys", POST=create_key_handler(services), GET=list_keys_handler(services))
    route(f"{_API}/keys/<key_id:str>", PATCH=change_key_handler(services), DELETE=revoke_key_handler(services))
    route(f"{_API}/settings", GET=get_settings_handler(services), PUT=put_settings_handler(services))
    route(f"{_API}/usage", GET=get_usage_handler(services))
    route(f"{_API}/audit", GET=list_audit_handler(services))
    add_operations(app, services)
    route("/openapi.json", GET=openapi_handler())
    return app


def add_operations(app: App, services: Services) -> None:
    """What an operator asks a process, on whichever port."""
    route = partial(_add_route, app, services)
    # Uptime probes may ask for the head alone.
    route("/livez", GET=livez, HEAD=livez)
    route("/readyz", GET=readyz_handler(services), HEAD=readyz_handler(services))
    route("/metrics", GET=metrics_handler(services))


def _add_route(app: App, services: Services, path: str, *, ingests: bool = False, **handlers: Handler) -> None:
    around = {method: handle(services, path, handler, ingests=ingests) for method, handler in handlers.items()}
    # A body is read by our own bounded reader, behind authentication: every route streams.
    app.add_route(_by_method(around), path, methods=list(around), name=path, stream=True)


def _add_stream(app: App, services: Services, path: str, opened: Opener) -> None:
    app.add_route(handle_stream(services, path, opened), path, methods=["GET"], name=path, stream=True)


def _by_method(handlers: Mapping[str, Handler]) -> Handler:
    """One handler for all methods of a path: where it has several routes, Sanic cannot tell what to put in Allow."""
    if len(handlers) == 1:
        (only,) = handlers.values()
        return only

    async def answer(request: Request, **parameters: str) -> HTTPResponse:
        return await handlers[request.method](request, **parameters)

    return answer


def _answer_error(request: Request, exception: Exception) -> HTTPResponse:
    return answer_to(request, exception)[1]
