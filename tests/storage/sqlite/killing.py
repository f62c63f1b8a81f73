"""Takes processes that write a database away at any instant."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def commit_until_killed(
    path: Path,
    first: int,
    *,
    seed: int,
    commits: int,
    on_commit: Callable[[int], None] = lambda _left: None,
) -> tuple[int, int]:
    """Run `committing.py` and kill it after so many commits; `on_commit` is told how many of them are left.

    The number behind the last acknowledged event, and behind the last that was tried.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.sqlite.committing", str(path), str(first), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )
    behind = {"try": first, "acknowledged": first}
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, number = line.split()
            behind[word] = int(number)
            if word == "acknowledged":
                commits -= 1
                on_commit(commits)
            if commits == 0:
                # What it does by now is up to the machine; what it still said is read to the end.
                process.kill()
    assert commits <= 0
    return behind["acknowledged"], behind["try"]
