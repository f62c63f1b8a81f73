"""The way to the server: its address, the key, and one line for whatever went wrong on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import msgspec

from server.client.failures import refusal_of
from server.core.errors import Refused

DEFAULT_ADDRESS = "127.0.0.1:50051"
_DEFAULT_PORT = 50051
_KEEPALIVE = (("grpc.keepalive_time_ms", 20_000), ("grpc.keepalive_timeout_ms", 10_000))
"""A server that has gone without a word is noticed in half a minute."""
_NO_KEY = (
    "no API key: give one with --api-key or TRACKING_API_KEY;"
    " 'tracking key create --organisation default --scope ingest --scope read' makes one"
)


class Target(msgspec.Struct, frozen=True):
    """Which server, and who is asking. `address` is HOST[:PORT], with https:// before it for TLS."""

    address: str = DEFAULT_ADDRESS
    api_key: str | None = None
    tls: bool = False
    ca_file: Path | None = None

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call that needs a key carries. Raises Refused without a key."""
        if not self.api_key:
            raise Refused(_NO_KEY, exit_code=2)
        if not re.fullmatch(r"[!-~]+", self.api_key):
            raise Refused("the API key has characters that no key has: give it as it was shown", exit_code=2)
        return (("authorization", f"Bearer {self.api_key}"),)


@contextmanager
def connect(target: Target) -> Iterator[grpc.Channel]:
    """A channel to the server. A failed call inside raises Refused, with one line that says what to do."""
    scheme, host_and_port = _split_address(target.address)
    options: list[tuple[str, int]] = [("grpc.max_receive_message_length", -1), *_KEEPALIVE]
    if re.match(r"(127\.|localhost:|\[::1\])", host_and_port):
        options.append(("grpc.enable_http_proxy", 0))
    if target.tls or target.ca_file is not None or scheme == "https":
        channel = grpc.secure_channel(host_and_port, _credentials(target.ca_file), options)
    else:
        channel = grpc.insecure_channel(host_and_port, options)
    with channel:
        try:
            yield channel
        except grpc.RpcError as error:
            raise refusal_of(error, host_and_port) from error


def _split_address(address: str) -> tuple[str, str]:
    found = re.fullmatch(r"(?:(https?)://)?([^\s/:\[\]]+|\[[0-9a-fA-F:]+\])(?::([0-9]{1,5}))?/?", address)
    if found is None:
        raise Refused(f"the address of the server is HOST:PORT, not {address[:100]!a}", exit_code=2)
    scheme, host, port = found.groups()
    return scheme or "", f"{host}:{port or _DEFAULT_PORT}"


def _credentials(ca_file: Path | None) -> grpc.ChannelCredentials:
    try:
        return grpc.ssl_channel_credentials(ca_file.read_bytes() if ca_file is not None else None)
    except OSError as error:
        raise Refused(f"the CA file {ca_file} cannot be read: {error.strerror}", exit_code=2) from error
