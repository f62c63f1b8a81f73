"""Events come in: the brief's endpoint, and its batch."""

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.errors import InvalidField, TrackingError
from server.core.model import ApiKey, Door, LogEvent
from server.core.services import Services
from server.http_api.answers import batch_logged, logged
from server.http_api.door import Handler, admit
from server.http_api.events import read_array, read_event, read_lines
from server.transport.http.body import media_type, read_body

_JSON = "application/json"
_TEXT = "text/plain"
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonlines"})
_SINGLE = frozenset({_JSON})
_BATCH = _LINES | {_JSON}


def log_handler(services: Services) -> Handler:
    """`POST log`."""

    async def log(request: Request) -> HTTPResponse:
        key = await admit(services, request, "ingest")
        services.admission.charge(key)
        with services.budget.lease() as lease:
            body = await read_body(
                request, lease, limit_bytes=services.max_request_bytes, media_types=_accepted(key, _SINGLE)
            )
            event = read_event(body, _idempotency_key(request))
        return logged(await services.ingest.log(key, Door.REST, event))

    return log


def log_batch_handler(services: Services) -> Handler:
    """`POST log/batch`."""

    async def log_batch(request: Request) -> HTTPResponse:
        key = await admit(services, request, "ingest")
        services.admission.charge(key)
        with services.budget.lease() as lease:
            body = await read_body(
                request, lease, limit_bytes=services.max_request_bytes, media_types=_accepted(key, _BATCH)
            )
            events = _read_batch(request, body)
            services.admission.charge_rest(key, len(events))
        return batch_logged(await services.ingest.log_batch(key, Door.REST, events))

    return log_batch


def _accepted(key: ApiKey, media_types: frozenset[str]) -> frozenset[str]:
    # text/plain needs no preflight, which `navigator.sendBeacon` cannot make.
    return media_types | {_TEXT} if key.kind == "browser" else media_types


def _read_batch(request: Request, body: bytes) -> list[LogEvent | TrackingError]:
    kind = media_type(request)
    is_array = kind == _JSON or (kind == _TEXT and body.lstrip()[:1] == b"[")
    return (read_array if is_array else read_lines)(body, _idempotency_key(request))


def _idempotency_key(request: Request) -> str | None:
    value: str | None = request.headers.get("idempotency-key")
    # Bytes that are no text come as lone surrogates.
    if value is not None and not value.isascii() and value.encode(errors="replace").decode() != value:
        raise InvalidField(
            "Idempotency-Key must be text in UTF-8.",
            code="INVALID_EVENT_ID",
            message="Invalid event id",
            field="Idempotency-Key",
        )
    if value is not None and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
