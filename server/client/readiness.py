"""Whether the server that this machine's settings start is ready: what a container asks about itself."""

import http.client
import ssl

import msgspec

from server.core.errors import Refused
from server.settings import Settings

_SECONDS = 4.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


def ask_readiness(settings: Settings) -> str:
    """What `/readyz` answers on this machine. Raises Refused where it is not ready, or not there."""
    port = _port_of(settings)
    if not port:
        raise Refused("--local asks over HTTP, at the port that is set, and there is none", exit_code=2)
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    connection = _connection(host, port, settings)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"no server can be reached at {host}:{port} ({error})") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise Refused(f"the server at {host}:{port} is not ready: {_reason(body)}")
    return "READY"


def _port_of(settings: Settings) -> int:
    """Where this process answers over HTTP; 0 where it does not, or nobody can know."""
    if "http" in settings.doors:
        return settings.http_port
    return settings.otlp_http_port if "otlp" in settings.doors else 0


def _connection(host: str, port: int, settings: Settings) -> http.client.HTTPConnection:
    if settings.tls_certificate is None:
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)
    # The certificate names the address that clients use. Nothing secret is sent, and nothing leaves this machine.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)


def _reason(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["error"]["description"])
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError):
        return "it is not a server of ours"
