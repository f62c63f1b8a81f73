"""For whoever operates the service: is it alive, is it ready, what does it count."""

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.services import Services
from server.http_api.answers import json_answer
from server.http_api.door import Handler
from server.http_api.metrics import CONTENT_TYPE, Metrics


async def livez(_: Request) -> HTTPResponse:
    """The process runs and its event loop turns."""
    return json_answer({"status": "ok"})


def readyz_handler(services: Services) -> Handler:
    """`/readyz`: the store answers, the queue has room, nothing is draining; else 503 with the reason."""

    async def readyz(_: Request) -> HTTPResponse:
        await services.check_ready()
        return json_answer({"status": "ok"})

    return readyz


def metrics_handler(services: Services) -> Handler:
    """`/metrics`."""
    metrics = Metrics(services.snapshot, whole=services.is_whole)

    async def render(_: Request) -> HTTPResponse:
        return HTTPResponse(metrics.render(), content_type=CONTENT_TYPE)

    return render
