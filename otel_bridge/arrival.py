"""How large a request may be, and what is said of one that does not arrive: the same over every transport."""

from server.core.errors import Overloaded, TooLarge
from server.core.model import ApiKey
from server.core.services import Services


def most_bytes(services: Services, key: ApiKey) -> int:
    """The largest request of a key, inflated."""
    most = services.otlp_max_request_bytes
    # A page's key is public, and a request decodes to many times its size.
    return min(most, services.max_request_bytes) if key.kind == "browser" else most


def check_size(services: Services, key: ApiKey, body: bytes) -> bytes:
    """The inflated body of a request. Raises TooLarge, REQUEST_TOO_LARGE."""
    most = most_bytes(services, key)
    if len(body) > most:
        raise TooLarge(f"The body has more than the {most} bytes that are accepted here.")
    return body


def too_slow() -> Overloaded:
    """The error for a request that does not arrive in time: an exporter has to keep it, and to send it again."""
    return Overloaded("The request did not arrive in time: the network or this server is too slow. Send it again.")
