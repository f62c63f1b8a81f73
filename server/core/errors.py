"""Everything that can go wrong, as one tree with stable codes.

    TrackingError
    ├── InvalidRequest            the client must change something
    │   ├── InvalidJson
    │   ├── InvalidField          one class for every field; the code names which
    │   ├── TooLarge              EVENT_TOO_LARGE, REQUEST_TOO_LARGE, TOO_MANY_EVENTS
    │   ├── UnsupportedMediaType
    │   └── MethodNotAllowed
    ├── NotAuthenticated
    ├── NotAuthorised             INSUFFICIENT_SCOPE, ORIGIN_NOT_ALLOWED
    ├── NotFound
    ├── Retryable                 the same request may succeed later
    │   ├── RateLimited
    │   ├── Overloaded
    │   ├── StoreUnavailable
    │   ├── Draining
    │   └── QueryTimeout
    ├── Refused                   the operator must change something; never crosses a door
    └── Internal

A code is what clients may rely on; messages and descriptions may change. The tables of HTTP and gRPC
(`transport/http/statuses.py`, `transport/grpc_status.py`) say what each class becomes on the wire.
"""


class TrackingError(Exception):
    """Root of the tree. `code` is stable, `message` short, `description` says what to do.

    `events` is how many events the error stands for in the accounting; `counted` that they were counted already.
    """

    code = "INTERNAL"
    default_message = "Internal error"
    default_description = "The server met an unexpected error. Its log says more."

    def __init__(
        self,
        description: str = "",
        *,
        code: str = "",
        message: str = "",
        field: str | None = None,
        retry_after_seconds: float | None = None,
        events: int = 1,
        counted: bool = False,
    ) -> None:
        if code:
            self.code = code
        self.message = message or self.default_message
        self.description = description or self.default_description
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.events = events
        self.counted = counted
        super().__init__(f"{self.code}: {self.description}")


class InvalidRequest(TrackingError):
    """The request cannot be understood; sending it again unchanged cannot help."""

    code = "INVALID_BODY"
    default_message = "Invalid request"
    default_description = "The body must be a JSON object with at least a message."


class InvalidJson(InvalidRequest):
    """The body is not JSON (RFC 8259)."""

    code = "INVALID_JSON"
    default_message = "Not JSON"
    default_description = "The body must be valid JSON in UTF-8."


class InvalidField(InvalidRequest):
    """One field or parameter has a value that cannot be; `code` and `field` name it."""

    code = "INVALID_FIELD"
    default_message = "Invalid field"


class TooLarge(InvalidRequest):
    """A limit on size or number was exceeded."""

    code = "REQUEST_TOO_LARGE"
    default_message = "Too large"
    default_description = "The request is larger than the server accepts."


def event_too_large(description: str) -> TooLarge:
    """The error for one event that is larger than is accepted; the description says by which measure."""
    return TooLarge(description, code="EVENT_TOO_LARGE", message="Event too large")


def too_many_events(description: str, *, events: int = 1) -> TooLarge:
    """The error for more events, or records, than one request may have; `events` as in TrackingError."""
    return TooLarge(description, code="TOO_MANY_EVENTS", message="Too many events", events=events)


class UnsupportedMediaType(InvalidRequest):
    """Content-Type or Content-Encoding is not one this route reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_message = "Unsupported media type"
    default_description = "Send Content-Type: application/json."


class MethodNotAllowed(InvalidRequest):
    """The route exists, but not with this method. `allowed` are the methods it has."""

    code = "METHOD_NOT_ALLOWED"
    default_message = "Method not allowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"This route answers {', '.join(allowed)}.")


class NotAuthenticated(TrackingError):
    """No key, an unknown key, or a revoked one."""

    code = "INVALID_API_KEY"
    default_message = "Invalid API key"
    default_description = "Send a valid API key as 'Authorization: Bearer KEY'."


class NotAuthorised(TrackingError):
    """The key is valid, but may not do this."""

    code = "INSUFFICIENT_SCOPE"
    default_message = "Not allowed"


class NotFound(TrackingError):
    """There is nothing here that this organisation can see."""

    code = "NOT_FOUND"
    default_message = "Not found"
    default_description = "There is nothing at this address for this API key."


class Retryable(TrackingError):
    """Nothing is wrong with the request: send it again after the delay."""

    code = "STORE_UNAVAILABLE"

    def __init__(self, description: str = "", *, retry_after_seconds: float = 1.0) -> None:
        super().__init__(description, retry_after_seconds=retry_after_seconds)


class RateLimited(Retryable):
    """The key has used up its rate."""

    code = "RATE_LIMITED"
    default_message = "Rate limited"
    default_description = "This API key sends more events a second than it may. Slow down and send again."


class Overloaded(Retryable):
    """More bytes wait for their commit than the server keeps in memory."""

    code = "OVERLOADED"
    default_message = "Overloaded"
    default_description = "The server has more waiting than it keeps in memory. Send again in a moment."


class StoreUnavailable(Retryable):
    """The store cannot be reached or cannot write; whether a queued event is stored is not known."""

    code = "STORE_UNAVAILABLE"
    default_message = "Store unavailable"
    default_description = "The store did not answer in time. Send again; an eventId protects from doubles."


class Draining(Retryable):
    """The process is stopping and takes nothing new."""

    code = "DRAINING"
    default_message = "Shutting down"
    default_description = "This server is shutting down. Send again."


class QueryTimeout(Retryable):
    """The query used up its time before it found anything to answer."""

    code = "QUERY_TIMEOUT"
    default_message = "Query timeout"
    default_description = "The query took too long. Ask for a shorter range."


class Refused(TrackingError):
    """The process cannot start or the command cannot run as asked: one line for the operator.

    `exit_code` is 2 for what the operator typed, 1 for the state of the world.
    """

    code = "REFUSED"

    def __init__(self, description: str, *, exit_code: int = 1) -> None:
        self.exit_code = exit_code
        super().__init__(description)


class Internal(TrackingError):
    """A bug of ours."""
