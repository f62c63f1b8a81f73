"""Where a request carries its API key."""

from sanic import Request


def bearer_key(request: Request) -> str | None:
    """The key of `Authorization: Bearer KEY`, the scheme in any case.

    None without the field; "" where it has another scheme: a field that is there is never passed over.
    """
    field = request.headers.get("authorization")
    if field is None:
        return None
    scheme, _, key = field.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def query_key(request: Request) -> str | None:
    """The key of `?apiKey=KEY`: for browsers that cannot set a field (`navigator.sendBeacon`)."""
    if not request.query_string:
        return None
    key: str | None = request.args.get("apiKey")
    return key
