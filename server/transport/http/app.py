"""A Sanic application as our doors want it: quiet, untouched by the environment, with one answer to every error."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.exceptions import MethodNotAllowed, RequestCancelled
from sanic.handlers import ErrorHandler

from server.transport.http.cors import origin, preflight_answer
from server.transport.http.head import StrictRequest

OnError: TypeAlias = Callable[[Request, Exception], HTTPResponse]
App: TypeAlias = Sanic[Any, Any]

_MEBIBYTE = 1024 * 1024
_CLIENT_CLOSED_REQUEST = 499


def new_app(name: str, *, on_error: OnError) -> App:
    """Make an application for one door; `on_error` answers everything that did not end in an answer.

    Also what Sanic refuses by itself: unknown routes and methods, broken heads, requests that took too long. It
    writes to Sanic's loggers, which are left to the process to configure.
    """
    app: App = Sanic(
        name,
        config=_quiet_config(),
        error_handler=DoorErrors(on_error),
        request_class=StrictRequest,
        configure_logging=False,
    )
    # Sanic lists its applications by name for its own command line; ours belong to whoever made them.
    Sanic.unregister_app(app)
    return app


def answer_errors_at(app: App, path: str, on_error: OnError) -> None:
    """Let another door that has a route in this application answer the errors there."""
    assert isinstance(app.error_handler, DoorErrors)
    app.error_handler.answer_at(path, on_error)


def _quiet_config() -> Config:
    config = Config(env_prefix=None)
    config.ACCESS_LOG = False
    config.AUTO_EXTEND = False
    config.MOTD = False
    config.TOUCHUP = False
    config.REQUEST_MAX_HEADER_SIZE = 16 * 1024
    # Only for handlers without `stream=True`, which have no use for a body.
    config.REQUEST_MAX_SIZE = _MEBIBYTE
    return config


class DoorErrors(ErrorHandler):
    """Leads every error to the door, and answers the preflight of every route that exists."""

    def __init__(self, on_error: OnError) -> None:
        super().__init__()
        self._on_error = on_error
        self._on_error_at: dict[str, OnError] = {}

    def answer_at(self, path: str, on_error: OnError) -> None:
        """Another answer to the errors of one path."""
        self._on_error_at[path] = on_error

    def response(self, request: Request, exception: Exception) -> HTTPResponse:
        """The answer to a request that ended in an exception."""
        return self.default(request, exception)

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """The same, from where Sanic asks for it a second time."""
        if isinstance(exception, RequestCancelled):
            return HTTPResponse(status=_CLIENT_CLOSED_REQUEST)
        # No route has OPTIONS, so that Sanic's refusal tells which methods the route has.
        if isinstance(exception, MethodNotAllowed) and request.method == "OPTIONS" and origin(request) is not None:
            return preflight_answer(exception.allowed_methods or ())
        return self._on_error_at.get(request.path, self._on_error)(request, exception)
