"""The JSON object in the body of a request that administers something."""

from typing import Any

from sanic.request import Request

from server.core.errors import InvalidRequest
from server.core.json_text import read_json
from server.core.services import Services
from server.transport.http.body import read_body

_JSON = frozenset({"application/json"})


async def read_object(services: Services, request: Request) -> dict[str, Any]:
    """The object. Raises InvalidRequest for any other JSON."""
    with services.budget.lease() as lease:
        body = await read_body(request, lease, limit_bytes=services.max_request_bytes, media_types=_JSON)
        value = read_json(body)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value
