"""Sockets and certificates: what is taken or unreadable is one clear line, before anything is served."""

import socket
import ssl

import grpc
import msgspec

from server.core.errors import Refused
from server.settings import Settings


class Ports(msgspec.Struct, kw_only=True):
    """Where the doors of a process are; None = that door is closed."""

    http_port: int | None = None
    grpc_port: int | None = None
    otlp_grpc_port: int | None = None
    otlp_http_port: int | None = None


def bind(host: str, port: int, setting: str, *, shared: bool = False) -> socket.socket:
    """A socket that listens; nobody shares its address, unless `shared`. Raises Refused naming the setting."""
    try:
        bound = _bound(host, port, shared=shared)
        # Without this, two processes could bind one address and only the second to listen would fail.
        bound.listen(1)
    except OSError as error:
        raise _refusal(host, port, setting, error) from error
    bound.setblocking(False)  # noqa: FBT003 - the name says what it is
    return bound


def reserve(host: str, port: int, setting: str) -> socket.socket:
    """An address that is ours, for workers to share; nobody listens yet. Raises Refused naming the setting."""
    # With SO_REUSEPORT alone an address that another service listens at in the same way would simply be shared.
    if port:
        probe(host, port, setting)
    try:
        return _bound(host, port, shared=True)
    except OSError as error:
        raise _refusal(host, port, setting, error) from error


def probe(host: str, port: int, setting: str) -> None:
    """Return if an address is free: for servers that bind by themselves. Raises Refused."""
    bind(host, port, setting).close()


def host_and_port(host: str, port: int) -> str:
    """An address as URLs and gRPC write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS for HTTP; None without a certificate."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"TRACKING_TLS_CERTIFICATE and TRACKING_TLS_KEY cannot be used: {error}", exit_code=2) from error
    return context


def tls_credentials(settings: Settings) -> grpc.ServerCredentials | None:
    """The same for gRPC."""
    if tls_context(settings) is None or settings.tls_certificate is None or settings.tls_key is None:
        return None
    pair = settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes()
    return grpc.ssl_server_credentials([pair])


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(address)
    return bound


def _refusal(host: str, port: int, setting: str, error: OSError) -> Refused:
    reason = error.strerror or error
    return Refused(f"{host}:{port} cannot be listened at ({reason}); choose another --host or --{setting}")
