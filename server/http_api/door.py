"""What each route of this door has around it: the caller is admitted, errors become answers, answers are measured."""

from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.errors import NotAuthenticated
from server.core.model import ApiKey, Door, Scope
from server.core.services import Services
from server.http_api.errors import answer_to
from server.transport.http.bearer import bearer_key, query_key
from server.transport.http.cors import origin
from server.transport.http.statuses import add_rate

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse]]
Answer = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]
"""What Sanic calls: None where the answer has been sent."""


async def admit(services: Services, request: Request, scope: Scope) -> ApiKey:
    """The caller's key, if it may do this from this origin; `?apiKey=` is for browser keys alone."""
    secret = bearer_key(request)
    key = await services.admission.authenticate(query_key(request) if secret is None else secret)
    if secret is None and key.kind != "browser":
        raise NotAuthenticated("A server key must be sent as 'Authorization: Bearer KEY', not in the address.")
    request.ctx.key = key
    services.admission.authorise(key, scope, origin(request))
    return key


def handle(services: Services, name: str, handler: Handler, *, ingests: bool = False) -> Handler:
    """A route's handler. `ingests`: a refused request counts as refused events."""
    observe = services.observations.answered

    async def answer(request: Request, **parameters: str) -> HTTPResponse:
        begin = perf_counter()
        try:
            response = await handler(request, **parameters)
        except Exception as exception:  # noqa: BLE001 - each becomes an answer in our words
            response = refused(services, request, exception, ingests=ingests)
        add_rate(services, request, response)
        observe("rest", name, str(response.status), perf_counter() - begin)
        return response

    return answer


def refused(services: Services, request: Request, exception: Exception, *, ingests: bool = False) -> HTTPResponse:
    """The answer to a failure."""
    error, answer = answer_to(request, exception)
    if ingests:
        services.ingest.refuse(Door.REST, error)
    return answer
