"""Cross-origin requests: any page may ask and read the answer; whether its key may is for the door to say."""

from collections.abc import Iterable

from sanic import HTTPResponse, Request
from sanic.response import BaseHTTPResponse

ALLOWED_HEADERS = "authorization, content-type, content-encoding, idempotency-key, traceparent"
EXPOSED_HEADERS = (
    "Tracking-Outcome, Tracking-Entry-Id, Tracking-Event-Count, Retry-After, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
PREFLIGHT_SECONDS = 86_400


def origin(request: Request) -> str | None:
    """The page's origin as the browser says it; None for whatever is no browser."""
    return request.headers.get("origin")


def add_cors(request: Request, response: BaseHTTPResponse) -> None:
    """Let the page that asked read this answer; nothing for a request without an Origin."""
    asking = request.headers.get("origin")
    if asking is None:
        return
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = asking
    headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    headers["Vary"] = f"{headers['Vary']}, Origin" if "Vary" in headers else "Origin"


def preflight_answer(allowed_methods: Iterable[str]) -> HTTPResponse:
    """What a browser wants to know before it sends a request to another origin."""
    return HTTPResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": ", ".join(sorted(allowed_methods)),
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
