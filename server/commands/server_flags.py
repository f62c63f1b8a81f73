"""How the client's commands name the server and the key."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.client.connection import Target


def add_server_flags(parser: argparse.ArgumentParser, *, with_key: bool = True) -> None:
    parser.add_argument("--address", metavar="HOST:PORT", help="the server [TRACKING_ADDRESS, else 127.0.0.1:50051]")
    if with_key:
        parser.add_argument("--api-key", metavar="KEY", help="the API key [TRACKING_API_KEY]")
    parser.add_argument("--tls", action="store_true", help="speak TLS (as with https:// before the address)")
    parser.add_argument("--ca-file", metavar="FILE", type=Path, help="speak TLS, trusting these certificates (PEM)")


def target_of(options: argparse.Namespace) -> "Target":
    """The server that the options and the environment name; a flag wins."""
    from server.client.connection import DEFAULT_ADDRESS, Target  # noqa: PLC0415 - heavy

    return Target(
        address=options.address or os.environ.get("TRACKING_ADDRESS") or DEFAULT_ADDRESS,
        api_key=getattr(options, "api_key", None) or os.environ.get("TRACKING_API_KEY"),
        tls=options.tls,
        ca_file=options.ca_file,
    )
