"""`/openapi.json`: the description of this door."""

from importlib.resources import files

from sanic.request import Request
from sanic.response import HTTPResponse

from server.http_api.answers import JSON
from server.http_api.door import Handler


def openapi_handler() -> Handler:
    """The document lies beside this module; a test holds it against the routes."""
    document = files("server.http_api").joinpath("openapi.json").read_bytes()

    async def openapi(_: Request) -> HTTPResponse:
        return HTTPResponse(document, content_type=JSON)

    return openapi
