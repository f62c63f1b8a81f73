"""The command `tracking` as people run it: a process of its own, with its exit code and both outputs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.support.service import environment

Done = subprocess.CompletedProcess[str]
Tracking = Callable[..., Done]

_COMMAND_SECONDS = 30.0


class Server(NamedTuple):
    """Where a server listens, the file behind it, and a key with all scopes."""

    http_address: str
    grpc_address: str
    database_url: str
    key: str


def run_tracking(*words: str, cwd: Path, **more_environment: str) -> Done:
    """Run the command without the settings of whoever runs the tests."""
    return subprocess.run(
        [sys.executable, "-m", "server", *words],
        cwd=cwd,
        env=environment({}) | more_environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
