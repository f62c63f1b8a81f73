"""The HTTP applications of a process, each put together from the doors that have routes in it."""

import secrets

from otel_bridge import http_routes
from otel_bridge.receiver import Receiver
from server.core.services import Services
from server.http_api import app as rest
from server.transport.http.app import App


def main_app(services: Services, receiver: Receiver) -> App:
    """REST, and OTLP beside it."""
    app = rest.build_app(services, _new_name())
    http_routes.add_routes(app, receiver)
    return app


def otlp_app(services: Services, receiver: Receiver) -> App:
    """OTLP on its own port, where a process without REST can be watched too."""
    app = http_routes.build_app(receiver, _new_name())
    rest.add_operations(app, services)
    return app


def _new_name() -> str:
    return f"tracking-{secrets.token_hex(4)}"
