"""OTLP over HTTP: `POST /v1/logs`, on the main port and on OTLP's own."""

import logging
from functools import partial
from time import perf_counter
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from otel_bridge.arrival import most_bytes, too_slow
from otel_bridge.encodings import ENCODINGS, JSON, Encoding
from otel_bridge.receiver import LOGS_ONLY, Receiver, shortened
from server.core.errors import NotFound, TrackingError, UnsupportedMediaType
from server.core.model import ApiKey, Door
from server.core.services import Services
from server.transport.grpc_status import code_of, to_status
from server.transport.http.app import App, answer_errors_at, new_app
from server.transport.http.bearer import bearer_key
from server.transport.http.body import media_type, read_body
from server.transport.http.cors import origin
from server.transport.http.faults import logged_fault
from server.transport.http.protocol import TooSlow
from server.transport.http.statuses import add_rate, error_headers, status_of

logger = logging.getLogger("tracking.otlp")

_LOGS = "/v1/logs"
_OTHER_SIGNALS = ("/v1/traces", "/v1/metrics")
_UNPROCESSABLE, _BAD_REQUEST = 422, 400


def build_app(receiver: Receiver, name: str) -> App:
    """The application of OTLP's own port; the name has to be new in this process."""
    app = new_app(name, on_error=_answer_error)
    add_routes(app, receiver)
    return app


def add_routes(app: App, receiver: Receiver) -> None:
    """Take logs in an application, whoever's it is."""
    app.add_route(_logs_handler(receiver), _LOGS, methods=["POST"], name=_LOGS, stream=True)
    answer_errors_at(app, _LOGS, _answer_error)


def _logs_handler(receiver: Receiver) -> Any:
    services = receiver.services
    observe = services.observations.answered

    async def answer(request: Request) -> HTTPResponse:
        begin = perf_counter()
        try:
            response = await _export(receiver, request)
        except Exception as exception:  # noqa: BLE001 - each becomes an answer in our words
            response = _refused(services, request, exception)
        add_rate(services, request, response)
        observe(Door.OTLP_HTTP, _LOGS, str(response.status), perf_counter() - begin)
        return response

    return answer


def _refused(services: Services, request: Request, exception: Exception) -> HTTPResponse:
    # The error stays in this frame: where it was caught, it and its frames would hold one another, body and all.
    error, response = _answer_to(request, exception)
    services.ingest.refuse(Door.OTLP_HTTP, error)
    return response


async def _export(receiver: Receiver, request: Request) -> HTTPResponse:
    services = receiver.services
    key = await _admit(services, request)
    encoding = _encoding_of(request)
    read = partial(read_body, request, limit_bytes=most_bytes(services, key), media_types=ENCODINGS)
    answer = await receiver.export(key, Door.OTLP_HTTP, encoding, read)
    return HTTPResponse(encoding.answer(answer), content_type=encoding.media_type)


async def _admit(services: Services, request: Request) -> ApiKey:
    key = await services.admission.authenticate(bearer_key(request))
    request.ctx.key = key
    services.admission.authorise(key, "ingest", origin(request))
    return key


def _encoding_of(request: Request) -> Encoding:
    # A body of any other type is refused before it is read, and that in JSON.
    return ENCODINGS.get(media_type(request), JSON)


def _answer_error(request: Request, exception: Exception) -> HTTPResponse:
    return _answer_to(request, exception)[1]


def _answer_to(request: Request, exception: Exception) -> tuple[TrackingError, HTTPResponse]:
    """Whatever a request ended in, in the core's words and as OTLP's answer."""
    # Exporters drop what ends in 408.
    error, status = logged_fault(request, too_slow() if isinstance(exception, TooSlow) else exception, logger)
    if isinstance(error, NotFound) and request.path in _OTHER_SIGNALS:
        error = NotFound(LOGS_ONLY)
    encoding = JSON if isinstance(error, UnsupportedMediaType) else _encoding_of(request)
    message = to_status(code_of(error), error)
    message.message = shortened(message.message)
    return error, HTTPResponse(
        encoding.status(message), status or _status_of(error), error_headers(error), encoding.media_type
    )


def _status_of(error: TrackingError) -> int:
    # OTLP has one status for everything that a client must not send again as it is.
    status = int(status_of(error))
    return _BAD_REQUEST if status == _UNPROCESSABLE else status
