"""Sockets and certificates: what is taken or unreadable is one clear line, before anything is served."""

import socket
import ssl

import grpc

from server.core.errors import Refused
from server.settings import Settings


def bind(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket that nobody shares. Raises Refused naming the setting."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Without this, two processes could bind one address and only the second to listen would fail.
        bound.listen(1)
    except OSError as error:
        raise Refused(
            f"{host}:{port} cannot be listened at ({error.strerror or error}); choose another with --{setting}"
        ) from error
    bound.setblocking(False)  # noqa: FBT003 - the name says what it is
    return bound


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
