"""The indexer's process: `python -m server.storage.sqlite.index DATABASE LOG_LEVEL LOG_FORMAT`.

It lives as long as its standard input is open, which ends with the server that started it. Exit codes: 0 told to end,
1 failed, 75 another process keeps the index.
"""

import gc
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from time import monotonic

import apsw

from server.core.errors import Refused
from server.storage.sqlite.index.indexer import Indexer, Step
from server.storage.sqlite.index.keeping import IndexLock
from server.storage.sqlite.index.log import LogFailed

logger = logging.getLogger("tracking.index")

TAKEN = 75
"""The exit code where another process keeps the index."""
_PACE_SECONDS = 0.3
"""From one transaction to the next, when there is little to do: each costs a sync of the disk, and a segment."""
_LOOK_SECONDS = 0.1
_LOOKS = 10
"""After so many there is a step anyhow: somebody may have asked for a new index."""
_FAILED_SECONDS = 2.0
"""After a failure, before the next try."""
_END_SECONDS = 1.0
_NICENESS = 19


def main(database: Path) -> int:
    """Keep the index until standard input ends."""
    # A batch is tens of thousands of objects that die by their reference counts: there is little garbage to look for.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # Where there is not enough for both, those who wait for an answer come first.
    os.nice(_NICENESS)
    # The server decides when: a terminal sends the same signals to both.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    ended = threading.Event()
    threading.Thread(target=_end_with_input, args=(ended,), daemon=True).start()
    try:
        lock = IndexLock(database)
    except Refused:
        return TAKEN
    with Indexer(database) as indexer:
        while not ended.is_set():
            _follow(indexer, ended)
    lock.release()
    return 0


def _follow(indexer: Indexer, ended: threading.Event) -> None:
    """One step, and the pause after it."""
    begin, version = monotonic(), indexer.data_version()
    try:
        step = indexer.step()
    except (apsw.Error, LogFailed) as error:
        logger.warning("The index has to wait: %s", error)
        ended.wait(_FAILED_SECONDS)
        return
    if step is Step.NOTHING:
        for _ in range(_LOOKS):
            if indexer.data_version() != version or ended.wait(_LOOK_SECONDS):
                break
    elif step is Step.SOMETHING:
        ended.wait(max(0.0, begin + _PACE_SECONDS - monotonic()))


def _end_with_input(ended: threading.Event) -> None:
    # Not through a buffer, whose lock this thread would hold while the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    ended.set()
    # Whatever it is in the middle of, the next one does it again.
    threading.Event().wait(_END_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    logging.basicConfig(level=sys.argv[2], format=sys.argv[3])
    sys.exit(main(Path(sys.argv[1])))
