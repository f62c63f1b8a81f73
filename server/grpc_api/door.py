"""What each method of this door has around it: as at every gRPC door, with the words of `tracking.v1` for errors."""

from functools import partial
from typing import Any

from server.core.errors import TrackingError
from server.core.model import Door
from server.core.services import Services
from server.grpc_api.errors import field_of
from server.transport.grpc_method import Method, Methods, Refusal, StreamMethod
from server.transport.grpc_status import code_of, to_status, to_trailers


def method(services: Services, name: str, handler: Method, *, ingests: bool = False) -> Any:
    """A unary method of raw bytes. `ingests`: a refused request counts as refused events."""
    on_error = partial(services.ingest.refuse, Door.GRPC) if ingests else None
    return _methods(services).unary(name, handler, on_error=on_error)


def stream(services: Services, name: str, handler: StreamMethod) -> Any:
    """A method of streams of raw bytes: the handler reads and writes by itself, what it raises ends the call."""
    return _methods(services).stream(name, handler)


def _methods(services: Services) -> Methods:
    return Methods(services, Door.GRPC, _refusal)


def _refusal(error: TrackingError) -> Refusal:
    code = code_of(error)
    return code, to_trailers(to_status(code, error, field_of(error)), error)
